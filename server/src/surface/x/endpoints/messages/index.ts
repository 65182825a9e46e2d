import type { Operation } from '../../operation.ts';
import { createDirectMessagesByConversationId } from './createDirectMessagesByConversationId.ts';
import { createDirectMessagesByParticipantId } from './createDirectMessagesByParticipantId.ts';
import { createDirectMessagesConversation } from './createDirectMessagesConversation.ts';
import { deleteDirectMessagesEvents } from './deleteDirectMessagesEvents.ts';
import { getDirectMessagesEvents } from './getDirectMessagesEvents.ts';
import { getDirectMessagesEventsByConversationId } from './getDirectMessagesEventsByConversationId.ts';
import { getDirectMessagesEventsById } from './getDirectMessagesEventsById.ts';
import { getDirectMessagesEventsByParticipantId } from './getDirectMessagesEventsByParticipantId.ts';

export const messagesOperations = [
  getDirectMessagesEvents,
  getDirectMessagesEventsById,
  deleteDirectMessagesEvents,
  getDirectMessagesEventsByConversationId,
  getDirectMessagesEventsByParticipantId,
  createDirectMessagesByParticipantId,
  createDirectMessagesByConversationId,
  createDirectMessagesConversation,
] as unknown as readonly Operation[];
