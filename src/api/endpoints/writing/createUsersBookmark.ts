import { type Asked, operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { act, checkAct, postIdOf, said } from './act.ts';

export const createUsersBookmark = operation({
  id: 'createUsersBookmark',
  path: '/2/users/{id}/bookmarks',
  method: 'POST',
  tag: 'Posts',
  summary: 'Bookmarks a post',
  about: 'Nobody else sees it.',
  auth: ['person'],
  scopes: [...READING, 'bookmark.write'],
  oauth2Only: true,
  own: true,
  writes: true,
  body: 'PostId',
  parameters: {
    id: pathId('id', 'The person whose token it is.'),
  },
  answer: 'Bookmarked',
  prepare: () => undefined,
  check: (asked, world) => checkAct(asked, world, wanted(asked)),
  async read(asked, world) {
    await act(asked, world, wanted(asked));
    return said({ bookmarked: true });
  },
});

function wanted({ body }: Asked<unknown>) {
  return { kind: 'relate', relation: 'bookmark', to: postIdOf(body) } as const;
}
