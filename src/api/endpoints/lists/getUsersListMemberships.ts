import { askOfLists, LIST_ASK } from '../../ask.ts';
import { type ListsAsked, pageOfLists } from '../../list-page.ts';
import { operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { pageParameters, readRelationPlace } from '../../relation-page.ts';
import { noPerson } from '../../subject.ts';

const ID = 'getUsersListMemberships';

export const getUsersListMemberships = operation({
  id: ID,
  path: '/2/users/{id}/list_memberships',
  tag: 'Lists',
  summary: 'Lists that a person is on',
  about: 'Where they were put last comes first. Of private lists the owner alone knows.',
  auth: ['app', 'person'],
  scopes: [...READING, 'list.read'],
  parameters: {
    id: pathId('id', 'Id of the person.'),
    ...pageParameters(1, 100, 100),
    ...LIST_ASK,
  },
  answer: 'ListsAnswer',
  prepare: (values): ListsAsked => ({
    ask: askOfLists(values),
    limit: values.maxResults,
    place: readRelationPlace(ID, values),
  }),
  read(asked, world) {
    const { subject } = asked;
    const none = noPerson(world, subject, asked);
    if (none) return none;
    return pageOfLists(ID, asked, world, subject, (bounds, limit) =>
      world.relations.related('list-member', { to: subject }, { ...bounds, limit }),
    );
  },
});
