import { judgePosts } from '#posts';
import { askOfPersons, PERSON_ASK } from '../../ask.ts';
import { operation, READING, type World } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { type PeopleAsked, relatedPeople } from '../../person-page.ts';
import { byId } from '../../related-posts.ts';
import { pageParameters, readRelationPlace } from '../../relation-page.ts';
import { noPost, type Seer, seenPeople } from '../../subject.ts';

const ID = 'getPostsRepostedBy';

export const getPostsRepostedBy = operation({
  id: ID,
  path: '/2/tweets/{id}/retweeted_by',
  tag: 'Posts',
  summary: 'Persons who reposted a post',
  about: 'Who reposted it last comes first. A repost that may not be seen does not tell of its author.',
  auth: ['app', 'person'],
  scopes: READING,
  parameters: {
    id: pathId('id', 'Id of the post.'),
    ...pageParameters(1, 100, 100),
    ...PERSON_ASK,
  },
  answer: 'PersonsPage',
  prepare: (values): PeopleAsked => ({
    ask: askOfPersons(values),
    limit: values.maxResults,
    place: readRelationPlace(ID, values),
  }),
  read(asked, world) {
    const { subject } = asked;
    const none = noPost(world, subject, asked);
    if (none) return none;
    return relatedPeople(
      ID,
      asked,
      world,
      subject,
      byId((page) => world.relations.repostsOf(subject, page)),
      (ids) => seenAuthors(world, ids, asked),
    );
  },
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
