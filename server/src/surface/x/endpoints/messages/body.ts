import { isId, Problem } from '#kernel';
import { ATTACHMENTS_MAX, GROUP_OTHERS_MAX, type MessageInput, type Sent, TEXT_LENGTH_MAX } from '#messages';
import { bodyWithText, type ReadResult } from '../../operation.ts';

/** A character may be two UTF-16 units. */
export const MESSAGE_LIMITS = bodyWithText(2 * TEXT_LENGTH_MAX);

function fail(detail: string): never {
  throw new Problem('body-invalid', { detail });
}

function objectOf(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(`${name} is an object.`);
  return value as Record<string, unknown>;
}

/** Reads `{text, attachments: [{media_id}]}`. Throws Problem `body-invalid` that says what is wrong. */
export function readMessage(given: unknown, name = 'The body'): MessageInput {
  const { text, attachments } = objectOf(given, name);
  if (text !== undefined && typeof text !== 'string') fail('`text` is text.');
  if (attachments !== undefined && (!Array.isArray(attachments) || attachments.length > ATTACHMENTS_MAX))
    fail(`\`attachments\` is a list of at most ${ATTACHMENTS_MAX} {"media_id"}.`);
  const mediaIds = ((attachments ?? []) as unknown[]).map((one) => {
    const { media_id: id } = objectOf(one, 'An attachment');
    // An id that was read as a number has lost its last digits.
    return typeof id === 'string' && isId(id) ? id : fail('`media_id` is an id, as text.');
  });
  if ((text ?? '') === '' && mediaIds.length === 0) fail('A message has `text`, `attachments`, or both.');
  return { ...(text === undefined ? {} : { text }), mediaIds };
}

/** Reads `{conversation_type: "Group", participant_ids, message}`. */
export function readGroup(given: unknown): { personIds: string[]; message: MessageInput } {
  const { conversation_type: type, participant_ids: ids, message } = objectOf(given, 'The body');
  if (type !== 'Group')
    fail('`conversation_type` is "Group"; a conversation of two begins with its first message.');
  const isList =
    Array.isArray(ids) && ids.every((one): one is string => typeof one === 'string' && isId(one));
  // One more, for clients that name the person whose token it is, too.
  if (!isList || ids.length > GROUP_OTHERS_MAX + 1)
    fail(`\`participant_ids\` is a list of at most ${GROUP_OTHERS_MAX} ids, as texts.`);
  return { personIds: ids, message: readMessage(message, '`message`') };
}

export function sentAnswer({ conversationId, eventId }: Sent): ReadResult {
  const text = JSON.stringify({ data: { dm_conversation_id: conversationId, dm_event_id: eventId } });
  return { groups: [], status: 201, present: () => text };
}
