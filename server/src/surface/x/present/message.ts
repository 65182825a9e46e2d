import type { MessageEvent } from '#messages';
import { vocabulary } from '../vocabulary.ts';
import { writeEntities } from './entities.ts';
import { isoTime, type Makers, some, writers } from './field.ts';

export const MESSAGE_FIELDS = vocabulary([
  'attachments',
  'created_at',
  'dm_conversation_id',
  'entities',
  'event_type',
  'id',
  'participant_ids',
  ['referenced_tweets', 'referenced_posts'],
  'sender_id',
  'text',
]);

/** Fields of every event, asked for or not. */
export const MESSAGE_DEFAULTS: readonly string[] = ['event_type', 'id', 'text'];

const makers: Makers<MessageEvent> = {
  id: (event) => event.id,
  event_type: (event) => event.kind,
  text: (event) => (event.kind === 'MessageCreate' && event.text !== '' ? event.text : undefined),
  sender_id: (event) => event.senderId,
  participant_ids: (event) => (event.kind === 'MessageCreate' ? undefined : some(event.personIds)),
  dm_conversation_id: (event) => event.conversationId,
  created_at: (event) => isoTime(event.at),
  attachments: (event) =>
    event.kind === 'MessageCreate' && event.media.length > 0
      ? { media_keys: event.media.map(({ mediaKey }) => mediaKey) }
      : undefined,
  referenced_tweets: (event) =>
    event.kind === 'MessageCreate' ? some(event.postIds.map((id) => ({ id }))) : undefined,
  entities: (event) => (event.kind === 'MessageCreate' ? writeEntities(event.entities) : undefined),
};

/** The writer of events for a field set and a dialect. */
export const messageWriter = writers(MESSAGE_FIELDS, makers, MESSAGE_DEFAULTS);
