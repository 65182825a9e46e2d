import { judgeShared, type Person, viewingOf } from '#posts';
import { OF_POST, type SubjectViewer } from '../../answer/subject.ts';
import { type OperationDeps, READING } from '../../operation.ts';
import { peoplePage } from '../../page/person-page.ts';
import { related } from '../../page/relation-page.ts';

export const getPostsLikingUsers = peoplePage({
  id: 'getPostsLikingUsers',
  path: '/2/tweets/{id}/liking_users',
  tag: 'Posts',
  summary: 'Persons who like a post',
  about:
    'Who liked it last comes first. Protected persons are shown to followers only, and persons who block the viewer not at all.',
  auth: ['app', 'person'],
  scopes: [...READING, 'like.read'],
  of: OF_POST,
  pageSize: [1, 100, 100],
  list: (deps, id) => related(deps, 'like', { to: id }),
  see: seenLikers,
});

/** A like is shared as posts are: a protected person's with followers, and nothing with whom they block. */
function seenLikers(
  { jsonCache, relations }: OperationDeps,
  ids: readonly string[],
  { viewer }: Pick<SubjectViewer, 'viewer'>,
): (Person | undefined)[] {
  return jsonCache.people(ids).map((person, index) => {
    const viewing = viewer === undefined ? undefined : viewingOf(relations, viewer, ids[index]!, person);
    return judgeShared(person, viewing) === 'serve' ? person : undefined;
  });
}
