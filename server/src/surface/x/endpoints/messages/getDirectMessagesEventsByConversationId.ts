import { operation } from '../../operation.ts';
import { CONVERSATION_PATTERN, MESSAGE_LIST, pageOfMessages, preparePage } from './page.ts';

const ID = 'getDirectMessagesEventsByConversationId';

export const getDirectMessagesEventsByConversationId = operation({
  id: ID,
  path: '/2/dm_conversations/{id}/dm_events',
  tag: 'Messages',
  summary: 'Events of one conversation',
  about: 'As of all. A conversation in which the person has no part is empty, like one that never was.',
  auth: ['person'],
  scopes: ['dm.read', 'tweet.read', 'users.read'],
  parameters: {
    id: {
      name: 'id',
      in: 'path',
      kind: 'pattern',
      pattern: CONVERSATION_PATTERN,
      required: true,
      about: 'Id of the conversation.',
    },
    ...MESSAGE_LIST,
  },
  answer: 'MessagesAnswer',
  prepare: (values) => preparePage(ID, values),
  read: (context, deps) => pageOfMessages(ID, context, deps, context.subject),
});
