import { OWN_ID } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { acting, postIdOf } from './act.ts';

export const createUsersBookmark = operation({
  id: 'createUsersBookmark',
  path: '/2/users/{id}/bookmarks',
  method: 'POST',
  tag: 'Posts',
  summary: 'Bookmarks a post',
  about: 'Nobody else sees it.',
  scopes: [...READING, 'bookmark.write'],
  oauth2Only: true,
  own: true,
  body: 'PostId',
  parameters: OWN_ID,
  answer: 'Bookmarked',
  ...acting(
    ({ body }) => ({ kind: 'relate', relation: 'bookmark', to: postIdOf(body) }),
    () => ({ bookmarked: true }),
  ),
});
