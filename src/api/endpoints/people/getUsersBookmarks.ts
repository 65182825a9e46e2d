import { askOfPosts, POST_ASK } from '../../ask.ts';
import { operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { type RelatedPostsAsked, relatedPosts } from '../../related-posts.ts';
import { pageParameters, readRelationPlace } from '../../relation-page.ts';
import { noPerson } from '../../subject.ts';

const ID = 'getUsersBookmarks';

export const getUsersBookmarks = operation({
  id: ID,
  path: '/2/users/{id}/bookmarks',
  tag: 'Persons',
  summary: "A person's bookmarks",
  about: 'What was bookmarked last comes first. Nobody else sees them.',
  auth: ['person'],
  own: true,
  oauth2Only: true,
  scopes: [...READING, 'bookmark.read'],
  parameters: {
    id: pathId('id', 'Id of the person, whose token it is.'),
    ...pageParameters(1, 100, 100),
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
      world.relations.related('bookmark', { from: subject }, { ...bounds, limit }),
    );
  },
});
