import { judgePosts } from '#posts';
import { OF_POST, type Seer, seenPeople } from '../../answer/subject.ts';
import { READING, type World } from '../../operation.ts';
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
function seenAuthors(world: World, ids: readonly string[], { audience }: Pick<Seer, 'audience'>) {
  const posts = world.shelf.posts(ids).map((post) => post ?? ('deleted' as const));
  const verdicts = judgePosts(world.shelf, posts, audience);
  const authorIds = posts.map((post, index) =>
    post !== 'deleted' && verdicts[index] === 'serve' ? post.authorId : '',
  );
  return seenPeople(world, authorIds);
}
