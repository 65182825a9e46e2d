import { type Asked, operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { act, checkAct, said } from './act.ts';

export const deleteUsersBookmark = operation({
  id: 'deleteUsersBookmark',
  path: '/2/users/{id}/bookmarks/{tweet_id}',
  method: 'DELETE',
  tag: 'Posts',
  summary: 'Takes a bookmark away',
  about: 'Where there is none, nothing changes.',
  auth: ['person'],
  scopes: [...READING, 'bookmark.write'],
  oauth2Only: true,
  own: true,
  writes: true,
  parameters: {
    id: pathId('id', 'The person whose token it is.'),
    postId: pathId('tweet_id', 'Id of the post.'),
  },
  answer: 'Bookmarked',
  prepare: () => undefined,
  check: (asked, world) => checkAct(asked, world, wanted(asked)),
  async read(asked, world) {
    await act(asked, world, wanted(asked));
    return said({ bookmarked: false });
  },
});

function wanted({ path }: Asked<unknown>) {
  return { kind: 'unrelate', relation: 'bookmark', to: path.tweet_id ?? '' } as const;
}
