import { operation } from '../../operation.ts';
import { MESSAGE_LIST, pageOfMessages, preparePage } from './page.ts';

const ID = 'getDirectMessagesEvents';

export const getDirectMessagesEvents = operation({
  id: ID,
  path: '/2/dm_events',
  tag: 'Messages',
  summary: 'The person’s direct messages',
  about:
    'Events of all conversations of the last 30 days that the person has not deleted, newest first. Persons and posts under `includes` are billed as anywhere.',
  auth: ['person'],
  scopes: ['dm.read', 'tweet.read', 'users.read'],
  parameters: MESSAGE_LIST,
  answer: 'MessagesAnswer',
  prepare: (values) => preparePage(ID, values),
  read: (context, deps) => pageOfMessages(ID, context, deps),
});
