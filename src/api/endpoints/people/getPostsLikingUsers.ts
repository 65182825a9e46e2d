import type { Person } from '#posts';
import { askOfPersons, PERSON_ASK } from '../../ask.ts';
import { operation, READING, type World } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { type PeopleAsked, relatedPeople } from '../../person-page.ts';
import { pageParameters, readRelationPlace } from '../../relation-page.ts';
import { noPost, seenPeople } from '../../subject.ts';

const ID = 'getPostsLikingUsers';

export const getPostsLikingUsers = operation({
  id: ID,
  path: '/2/tweets/{id}/liking_users',
  tag: 'Posts',
  summary: 'Persons who like a post',
  about: 'Who liked it last comes first. Who is protected is shown to followers only.',
  auth: ['app', 'person'],
  scopes: [...READING, 'like.read'],
  parameters: {
    id: pathId('id', 'Id of the post.'),
    ...pageParameters(1, 100, 100),
    ...PERSON_ASK,
  },
  answer: 'PersonsPage',
  prepare: (values): PeopleAsked => ({
    ask: askOfPersons(values),
    limit: values.maxResults,
    place: readRelationPlace(ID, values),
  }),
  read(asked, world) {
    const { subject, viewer } = asked;
    const none = noPost(world, subject, asked);
    if (none) return none;
    return relatedPeople(
      ID,
      asked,
      world,
      subject,
      (bounds, limit) => world.relations.related('like', { to: subject }, { ...bounds, limit }),
      (ids) => seenLikers(world, ids, viewer),
    );
  },
});

/** A like belongs to the posts' side of an account: who protects those shows it to followers only. */
function seenLikers(
  world: World,
  ids: readonly string[],
  viewer: string | undefined,
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
