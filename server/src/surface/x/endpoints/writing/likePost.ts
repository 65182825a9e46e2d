import { OWN_ID } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { acting, postIdOf } from './act.ts';

export const likePost = operation({
  id: 'likePost',
  path: '/2/users/{id}/likes',
  method: 'POST',
  tag: 'Posts',
  summary: 'Likes a post',
  about: 'Liking it twice is liking it once.',
  scopes: [...READING, 'like.write'],
  own: true,
  body: 'PostId',
  parameters: OWN_ID,
  answer: 'Liked',
  ...acting(
    ({ body }) => ({ kind: 'relate', relation: 'like', to: postIdOf(body) }),
    () => ({ liked: true }),
  ),
});
