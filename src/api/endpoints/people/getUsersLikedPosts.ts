import { askOfPosts, POST_ASK } from '../../ask.ts';
import { operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { type RelatedPostsAsked, relatedPosts } from '../../related-posts.ts';
import { pageParameters, readRelationPlace } from '../../relation-page.ts';
import { noPerson } from '../../subject.ts';

const ID = 'getUsersLikedPosts';

export const getUsersLikedPosts = operation({
  id: ID,
  path: '/2/users/{id}/liked_tweets',
  tag: 'Persons',
  summary: 'Posts that a person likes',
  about: 'What was liked last comes first.',
  auth: ['app', 'person'],
  scopes: [...READING, 'like.read'],
  parameters: {
    id: pathId('id', 'Id of the person.'),
    ...pageParameters(5, 100, 100),
    ...POST_ASK,
  },
  answer: 'PostsAnswer',
  prepare: (values): RelatedPostsAsked => ({
    ask: askOfPosts(values),
    limit: values.maxResults,
    place: readRelationPlace(ID, values),
  }),
  read(asked, world) {
    const { subject } = asked;
    const none = noPerson(world, subject, asked);
    if (none) return none;
    return relatedPosts(ID, asked, world, subject, (bounds, limit) =>
      world.relations.related('like', { from: subject }, { ...bounds, limit }),
    );
  },
});
