import { compareIds, isCanonicalId } from '#kernel';
import { TEXT_LENGTH_MAX } from './length.ts';
import type { Person } from './person.ts';
import type { Media, Place, Poll, PostInput } from './post.ts';
import type { PostList } from './relation.ts';

/**
 * What the store refuses, whoever sends it. Sources check shapes; here are the limits that keep one row from
 * harming others. Each function returns the reason, or `undefined` when all is well.
 */

/** X allows 5 edits, so a chain has at most 6 versions. */
export const EDITS_MAX = 5;
/** Counted from the first version. */
export const EDIT_WINDOW_MS = 30 * 60_000;
/** A post answers one, quotes one, repeats one; a few more do no harm. */
const REFERENCES_MAX = 8;
/** X allows 4 media; other networks up to 20. */
const ATTACHMENTS_MAX = 20;
/** One row, as JSON text. A post of 25,000 characters with all its entities stays below half of it. */
const DOC_LENGTH_MAX = 256 * 1024;
const KEY_LENGTH_MAX = 100;
const USERNAME = /^[^\s@\p{Cc}][^\s\p{Cc}]{0,99}$/u;
const NAME_LENGTH_MAX = 1_000;
/** X allows 25 and 100; other networks more. */
const LIST_NAME_LENGTH_MAX = 256;
const LIST_DESCRIPTION_LENGTH_MAX = 1_000;
/** 9999-12-31, the last day that a date on the wire can name. */
const TIME_MAX_MS = 253_402_300_799_999;

export function checkPost(post: PostInput): string | undefined {
  return (
    checkIds(post) ??
    checkTime('createdAt', post.createdAt) ??
    (typeof post.text !== 'string' ? 'text is missing' : undefined) ??
    checkLength('text', post.text, TEXT_LENGTH_MAX) ??
    checkLength('longText', post.longText?.text ?? '', TEXT_LENGTH_MAX) ??
    checkCount('references', post.references, REFERENCES_MAX) ??
    checkCount('mediaKeys', post.mediaKeys ?? [], ATTACHMENTS_MAX) ??
    checkCount('pollIds', post.pollIds ?? [], ATTACHMENTS_MAX) ??
    checkMetrics(post.metrics) ??
    checkHistory(post.id, post.editHistory ?? [post.id])
  );
}

function checkIds(post: PostInput): string | undefined {
  for (const field of ['id', 'authorId'] as const) {
    if (!isPositiveId(post[field])) return `${field} is not an id: 1 to 19 digits without leading zeros`;
  }
  for (const field of ['conversationId', 'inReplyToPersonId'] as const) {
    const id = post[field];
    if (id !== undefined && !isPositiveId(id))
      return `${field} is not an id: 1 to 19 digits without leading zeros`;
  }
  const wrong = post.references?.find((reference) => !isPositiveId(reference.id) || reference.id === post.id);
  return wrong && `references names ${wrong.id.slice(0, 32)}, which is not the id of another post`;
}

function checkHistory(id: string, history: readonly string[]): string | undefined {
  if (history.length > EDITS_MAX + 1) return `editHistory has more than ${EDITS_MAX + 1} versions`;
  if (!history.every(isPositiveId)) return 'editHistory names something that is not an id';
  if (history.some((version, index) => index > 0 && compareIds(history[index - 1] ?? '', version) >= 0)) {
    return 'editHistory is not in ascending order';
  }
  return history.includes(id) ? undefined : 'editHistory does not name the post itself';
}

export function checkMetrics(metrics: Readonly<Record<string, number | undefined>>): string | undefined {
  for (const name in metrics) {
    const count = metrics[name];
    if (count !== undefined && !(Number.isSafeInteger(count) && count >= 0))
      return `metrics.${name} is not a count`;
  }
  return undefined;
}

export function checkPerson(person: Person): string | undefined {
  if (!isPositiveId(person.id)) return 'id is not an id: 1 to 19 digits without leading zeros';
  if (!USERNAME.test(person.username))
    return 'username is empty, longer than 100 characters, or has white space in it';
  if (person.createdAt !== undefined && checkTime('createdAt', person.createdAt))
    return checkTime('createdAt', person.createdAt);
  return (
    checkLength('name', person.name, NAME_LENGTH_MAX) ??
    checkLength('description', person.description, TEXT_LENGTH_MAX) ??
    checkMetrics(person.metrics)
  );
}

export function checkList(list: Omit<PostList, 'members' | 'followers'>): string | undefined {
  if (!isPositiveId(list.id) || !isPositiveId(list.ownerId))
    return 'id or ownerId is not an id: 1 to 19 digits without leading zeros';
  if (list.name === '') return 'a list has a name';
  return (
    checkLength('name', list.name, LIST_NAME_LENGTH_MAX) ??
    checkLength('description', list.description, LIST_DESCRIPTION_LENGTH_MAX) ??
    checkTime('createdAt', list.createdAt)
  );
}

/** A medium, poll or place. */
export function checkThing(thing: Media | Poll | Place): string | undefined {
  const key = keyOf(thing);
  if (typeof key !== 'string' || key === '' || key.length > KEY_LENGTH_MAX) {
    return `its key is missing or longer than ${KEY_LENGTH_MAX} characters`;
  }
  return undefined;
}

export function keyOf(thing: Media | Poll | Place): string {
  return 'mediaKey' in thing ? thing.mediaKey : thing.id;
}

export function checkTime(field: string, ms: number): string | undefined {
  if (Number.isSafeInteger(ms) && ms >= 0 && ms <= TIME_MAX_MS) return undefined;
  return `${field} is not a time in Unix milliseconds`;
}

export function checkDoc(doc: string): string | undefined {
  return doc.length > DOC_LENGTH_MAX ? `it takes more than ${DOC_LENGTH_MAX} characters as JSON` : undefined;
}

function checkLength(field: string, text: string, max: number): string | undefined {
  return text.length > max ? `${field} is longer than ${max} characters` : undefined;
}

function checkCount(field: string, list: readonly unknown[], max: number): string | undefined {
  return list.length > max ? `${field} has more than ${max} items` : undefined;
}

/** Ids of posts and persons; 0 is nobody's. */
export function isPositiveId(id: string): boolean {
  return isCanonicalId(id) && id !== '0';
}
