import { operation } from '../../operation.ts';
import { MESSAGE_LIMITS, readMessage, sentAnswer } from './body.ts';
import { CONVERSATION_PATTERN } from './page.ts';

export const createDirectMessagesByConversationId = operation({
  id: 'createDirectMessagesByConversationId',
  path: '/2/dm_conversations/{dm_conversation_id}/messages',
  method: 'POST',
  status: 201,
  tag: 'Messages',
  summary: 'Sends a message into a conversation',
  about: 'Of which the person is part.',
  auth: ['person'],
  scopes: ['dm.write', 'tweet.read', 'users.read'],
  writes: true,
  body: 'MessageRequest',
  bodyLimits: MESSAGE_LIMITS,
  parameters: {
    id: {
      name: 'dm_conversation_id',
      in: 'path',
      kind: 'pattern',
      pattern: CONVERSATION_PATTERN,
      required: true,
      about: 'Id of the conversation.',
    },
  },
  answer: 'MessageSent',
  prepare: () => undefined,
  check: ({ body }) => void readMessage(body),
  read: ({ viewer, subject, body }, { messages }) =>
    sentAnswer(messages.sendInto(viewer!, subject, readMessage(body))),
});
