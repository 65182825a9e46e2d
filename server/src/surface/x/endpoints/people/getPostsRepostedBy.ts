import { judgePosts } from '#posts';
import { OF_POST, type SubjectViewer, seenPeople } from '../../answer/subject.ts';
import { type OperationDeps, READING } from '../../operation.ts';
import { peoplePage } from '../../page/person-page.ts';
import { byId } from '../../page/related-posts.ts';

export const getPostsRepostedBy = peoplePage({
  id: 'getPostsRepostedBy',
  path: '/2/tweets/{id}/retweeted_by',
  tag: 'Posts',
  summary: 'Persons who reposted a post',
  about: 'Who reposted it last comes first. A repost that may not be seen does not tell of its author.',
  auth: ['app', 'person'],
  scopes: READING,
  of: OF_POST,
  pageSize: [1, 100, 100],
  list: ({ relations }, id) => byId((page) => relations.repostsOf(id, page)),
  see: seenAuthors,
});

/** Authors of posts, in order; undefined where the post may not be seen. */
function seenAuthors(
  deps: OperationDeps,
  ids: readonly string[],
  { audience }: Pick<SubjectViewer, 'audience'>,
) {
  const posts = deps.jsonCache.posts(ids).map((post) => post ?? ('deleted' as const));
  const verdicts = judgePosts(deps.jsonCache, posts, audience);
  const authorIds = posts.map((post, index) =>
    post !== 'deleted' && verdicts[index] === 'serve' ? post.authorId : '',
  );
  return seenPeople(deps, authorIds);
}
