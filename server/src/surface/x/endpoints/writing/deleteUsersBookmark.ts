import { OWN_ID } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { pathId } from '../../params/parameter.ts';
import { acting } from './act.ts';

export const deleteUsersBookmark = operation({
  id: 'deleteUsersBookmark',
  path: '/2/users/{id}/bookmarks/{tweet_id}',
  method: 'DELETE',
  tag: 'Posts',
  summary: 'Takes a bookmark away',
  about: 'Where there is none, nothing changes.',
  scopes: [...READING, 'bookmark.write'],
  oauth2Only: true,
  own: true,
  parameters: {
    ...OWN_ID,
    postId: pathId('tweet_id', 'Id of the post.'),
  },
  answer: 'Bookmarked',
  ...acting(
    ({ path }) => ({ kind: 'unrelate', relation: 'bookmark', to: path.tweet_id ?? '' }),
    () => ({ bookmarked: false }),
  ),
});
