import { askOfLists, LIST_ASK } from '../../ask.ts';
import { type ListsAsked, ownedBy, pageOfLists } from '../../list-page.ts';
import { operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { pageParameters, readRelationPlace } from '../../relation-page.ts';
import { noPerson } from '../../subject.ts';

const ID = 'getUsersOwnedLists';

export const getUsersOwnedLists = operation({
  id: ID,
  path: '/2/users/{id}/owned_lists',
  tag: 'Lists',
  summary: 'Lists that a person made',
  about: 'Newest first. Private ones are shown to the person alone.',
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
    return pageOfLists(ID, asked, world, subject, ownedBy(world, subject));
  },
});
