import { operation } from '../../operation.ts';
import { pathId } from '../../params/parameter.ts';
import { MESSAGE_LIST, pageOfMessages, preparePage } from './page.ts';

const ID = 'getDirectMessagesEventsByParticipantId';

export const getDirectMessagesEventsByParticipantId = operation({
  id: ID,
  path: '/2/dm_conversations/with/{participant_id}/dm_events',
  tag: 'Messages',
  summary: 'Events of the conversation with one other person',
  about: 'As of all; groups in which both take part are not in it.',
  auth: ['person'],
  scopes: ['dm.read', 'tweet.read', 'users.read'],
  parameters: {
    id: pathId('participant_id', 'Id of the other person.'),
    ...MESSAGE_LIST,
  },
  answer: 'MessagesAnswer',
  prepare: (values) => preparePage(ID, values),
  read: (context, deps) =>
    pageOfMessages(ID, context, deps, deps.messages.pairId(context.viewer!, context.subject)),
});
