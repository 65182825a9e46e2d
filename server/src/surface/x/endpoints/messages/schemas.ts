import { MESSAGE_EVENT_KINDS } from '#messages';
import { count, flag, id, list, object, ref, type Schema, text, time, uri } from '../../document/schema.ts';
import { CONVERSATION_PATTERN } from './page.ts';

const conversationId: Schema = { type: 'string', pattern: CONVERSATION_PATTERN };
const references = list(object({ id }, ['id']));
const includes = object({
  users: list(ref('Person')),
  tweets: list(ref('Post')),
  posts: list(ref('Post')),
  media: list(ref('Media')),
});
const errors = list({
  type: 'object',
  properties: { title: text, detail: text, type: uri },
  required: ['title', 'type'],
});

/** Bodies and answers of the endpoints in this folder, by their names in the document. */
export const messagesSchemas: Readonly<Record<string, Schema>> = {
  MessageEvent: object(
    {
      id,
      event_type: { enum: MESSAGE_EVENT_KINDS },
      text,
      sender_id: id,
      participant_ids: list(id),
      dm_conversation_id: conversationId,
      created_at: time,
      attachments: object({ media_keys: list(text) }, ['media_keys']),
      referenced_tweets: references,
      referenced_posts: references,
      entities: ref('Entities'),
    },
    ['id', 'event_type'],
  ),
  MessageAnswer: object({ data: ref('MessageEvent'), includes, errors }),
  MessagesAnswer: object(
    {
      data: list(ref('MessageEvent')),
      includes,
      errors,
      meta: object({ result_count: count, next_token: text, previous_token: text }, ['result_count']),
    },
    ['meta'],
  ),
  MessageRequest: object({
    text: { type: 'string', maxLength: 10_000 },
    attachments: { type: 'array', items: object({ media_id: id }, ['media_id']), maxItems: 1 },
  }),
  GroupRequest: object(
    {
      conversation_type: { const: 'Group' },
      participant_ids: { type: 'array', items: id, minItems: 2, maxItems: 50 },
      message: ref('MessageRequest'),
    },
    ['conversation_type', 'participant_ids', 'message'],
  ),
  MessageSent: object(
    {
      data: object({ dm_conversation_id: conversationId, dm_event_id: id }, [
        'dm_conversation_id',
        'dm_event_id',
      ]),
    },
    ['data'],
  ),
  MessageDeleted: object({ data: object({ deleted: flag }, ['deleted']) }, ['data']),
};
