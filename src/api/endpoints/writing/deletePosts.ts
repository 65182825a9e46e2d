import { type Asked, operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { act, checkAct, said } from './act.ts';

export const deletePosts = operation({
  id: 'deletePosts',
  path: '/2/tweets/{id}',
  method: 'DELETE',
  tag: 'Posts',
  summary: 'Deletes a post',
  about: 'One’s own, with all its versions. Deleting it again changes nothing.',
  auth: ['person'],
  scopes: [...READING, 'tweet.write'],
  writes: true,
  parameters: {
    id: pathId('id', 'Id of the post.'),
  },
  answer: 'Deleted',
  prepare: () => undefined,
  check: (asked, world) => checkAct(asked, world, wanted(asked)),
  async read(asked, world) {
    await act(asked, world, wanted(asked));
    return said({ deleted: true });
  },
});

function wanted({ path }: Asked<unknown>) {
  return { kind: 'delete-post', postId: path.id ?? '' } as const;
}
