import { operation } from '../../operation.ts';
import { pathId } from '../../params/parameter.ts';
import { askOfMessages, MESSAGE_ASK, oneMessage } from './page.ts';

export const getDirectMessagesEventsById = operation({
  id: 'getDirectMessagesEventsById',
  path: '/2/dm_events/{event_id}',
  tag: 'Messages',
  summary: 'One event of a conversation',
  about: 'Whatever its age. Another person’s event, and one that the person has deleted, does not exist.',
  auth: ['person'],
  scopes: ['dm.read', 'tweet.read', 'users.read'],
  parameters: {
    id: pathId('event_id', 'Id of the event.'),
    ...MESSAGE_ASK,
  },
  answer: 'MessageAnswer',
  prepare: askOfMessages,
  read: oneMessage,
});
