import { operation } from '../../operation.ts';
import { pathId } from '../../params/parameter.ts';
import { MESSAGE_LIMITS, readMessage, sentAnswer } from './body.ts';

export const createDirectMessagesByParticipantId = operation({
  id: 'createDirectMessagesByParticipantId',
  path: '/2/dm_conversations/with/{participant_id}/messages',
  method: 'POST',
  status: 201,
  tag: 'Messages',
  summary: 'Sends a message to one person',
  about:
    'Begins the conversation if there is none. Nobody is written to who blocked the sender or whom the sender blocked; protected persons take messages from whom they follow or wrote to.',
  auth: ['person'],
  scopes: ['dm.write', 'tweet.read', 'users.read'],
  writes: true,
  body: 'MessageRequest',
  bodyLimits: MESSAGE_LIMITS,
  parameters: {
    id: pathId('participant_id', 'Id of the person written to.'),
  },
  answer: 'MessageSent',
  prepare: () => undefined,
  check: ({ body }) => void readMessage(body),
  read: ({ viewer, subject, body }, { messages }) =>
    sentAnswer(messages.sendTo(viewer!, subject, readMessage(body))),
});
