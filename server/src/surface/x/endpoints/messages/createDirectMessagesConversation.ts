import { operation } from '../../operation.ts';
import { MESSAGE_LIMITS, readGroup, sentAnswer } from './body.ts';

export const createDirectMessagesConversation = operation({
  id: 'createDirectMessagesConversation',
  path: '/2/dm_conversations',
  method: 'POST',
  status: 201,
  tag: 'Messages',
  summary: 'Begins a group with its first message',
  about: 'Two to 49 others, each of whom the person may write to. The person takes part without being named.',
  auth: ['person'],
  scopes: ['dm.write', 'tweet.read', 'users.read'],
  writes: true,
  body: 'GroupRequest',
  bodyLimits: MESSAGE_LIMITS,
  parameters: {},
  answer: 'MessageSent',
  prepare: () => undefined,
  check: ({ body }) => void readGroup(body),
  read({ viewer, body }, { messages }) {
    const { personIds, message } = readGroup(body);
    return sentAnswer(messages.createGroup(viewer!, personIds, message));
  },
});
