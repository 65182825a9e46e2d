import { POST_ID } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { acting } from './act.ts';

export const deletePosts = operation({
  id: 'deletePosts',
  path: '/2/tweets/{id}',
  method: 'DELETE',
  tag: 'Posts',
  summary: 'Deletes a post',
  about: 'One’s own, with all its versions. Deleting it again changes nothing.',
  scopes: [...READING, 'tweet.write'],
  parameters: POST_ID,
  answer: 'Deleted',
  ...acting(
    ({ path }) => ({ kind: 'delete-post', postId: path.id ?? '' }),
    () => ({ deleted: true }),
  ),
});
