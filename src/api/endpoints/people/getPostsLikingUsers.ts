import type { Person } from '#posts';
import { OF_POST, type Seer, seenPeople } from '../../answer/subject.ts';
import { READING, type World } from '../../operation.ts';
import { peoplePage } from '../../page/person-page.ts';
import { related } from '../../page/relation-page.ts';

export const getPostsLikingUsers = peoplePage({
  id: 'getPostsLikingUsers',
  path: '/2/tweets/{id}/liking_users',
  tag: 'Posts',
  summary: 'Persons who like a post',
  about: 'Who liked it last comes first. Who is protected is shown to followers only.',
  auth: ['app', 'person'],
  scopes: [...READING, 'like.read'],
  of: OF_POST,
  pageSize: [1, 100, 100],
  list: (world, id) => related(world, 'like', { to: id }),
  see: seenLikers,
});

/** A like belongs to the posts' side of an account: who protects those shows it to followers only. */
function seenLikers(
  world: World,
  ids: readonly string[],
  { viewer }: Pick<Seer, 'viewer'>,
): (Person | undefined)[] {
  const people = seenPeople(world, ids);
  const closed = people.flatMap((person) =>
    person?.protected === true && person.id !== viewer ? [person.id] : [],
  );
  if (closed.length === 0) return people;
  const followed = viewer === undefined ? undefined : world.relations.relatedAmong('follow', viewer, closed);
  const hidden = new Set(closed.filter((id) => !followed?.has(id)));
  return people.map((person) => (person && hidden.has(person.id) ? undefined : person));
}
