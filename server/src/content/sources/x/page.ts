import type { Emit, Reject, SourceReading } from '../reading.ts';
import { attempt, BadRecord, isObject, type JsonValue, optionalObject, quote } from '../value.ts';
import { xMedia, xPlace, xPoll } from './attachment.ts';
import { isXList, xList } from './list.ts';
import { isXPerson, xPerson } from './person.ts';
import { xPost } from './post.ts';

/** One X API v2 object of any kind, told apart by the fields that only it has. */
export function xObject(object: JsonValue, reading: SourceReading, emit: Emit): void {
  if (isXPerson(object)) emit({ kind: 'person', ...xPerson(object) });
  else if (object.text !== undefined) {
    carried(object, reading, emit);
    emit({ kind: 'post', ...xPost(object, reading) });
  } else if (object.media_key !== undefined) emit({ kind: 'media', media: xMedia(object) });
  else if (object.options !== undefined) emit({ kind: 'poll', poll: xPoll(object) });
  else if (isXList(object)) emit({ kind: 'list', ...xList(object, reading) });
  else if (object.full_name !== undefined) emit({ kind: 'place', place: xPlace(object) });
  else
    throw new BadRecord(
      'this is no post, person or list: a post has id, text and author_id, a person id and username, a list id, name and owner_id',
    );
}

/** A post carries the posts that it points at, and those theirs. */
const CARRIED_MAX = 3;

/**
 * What collectors such as `twarc2 flatten` put into a post from the page's includes: its author, the one replied to, media,
 * polls, place, and the posts that it points at with all that these carry.
 */
function carried(post: JsonValue, reading: SourceReading, emit: Emit, depth = 0): void {
  for (const person of [post.author, post.in_reply_to_user])
    if (isObject(person) && isXPerson(person)) emit({ kind: 'person', ...xPerson(person) });
  const attachments = isObject(post.attachments) ? post.attachments : {};
  for (const one of listed(attachments.media))
    if (one.type !== undefined) emit({ kind: 'media', media: xMedia(one) });
  for (const one of listed([attachments.poll, attachments.polls].flat()))
    if (one.options !== undefined) emit({ kind: 'poll', poll: xPoll(one) });
  if (isObject(post.geo) && post.geo.full_name !== undefined)
    emit({ kind: 'place', place: xPlace({ ...post.geo, id: post.geo.id ?? post.geo.place_id }) });
  for (const one of listed(post.referenced_tweets)) {
    if (one.text === undefined || one.author_id === undefined || depth === CARRIED_MAX) continue;
    carried(one, reading, emit, depth + 1);
    const { type: _type, ...inner } = one;
    emit({ kind: 'post', ...xPost(inner, reading) });
  }
}

function listed(value: unknown): JsonValue[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** True for a whole answer of the API, as `{data, includes, meta}`. */
export function isXPage(object: JsonValue): boolean {
  return (
    object.data !== undefined ||
    object.includes !== undefined ||
    isIncludes(object) ||
    (object.meta !== undefined && object.id === undefined)
  );
}

const INCLUDED = ['users', 'tweets', 'posts', 'media', 'polls', 'places'];

/** True for `includes` as a file of its own, as academictwitteR keeps it: `{"users":[…],"tweets":[…]}`. */
function isIncludes(object: JsonValue): boolean {
  return object.id === undefined && INCLUDED.some((key) => Array.isArray(object[key]));
}

/**
 * A whole answer of X's API, or a part of one. What posts point at comes first, so that a post finds its author, media
 * and place already there. One bad object does not cost the others: each is rejected by its own name.
 */
export function xPage(page: JsonValue, reading: SourceReading, emit: Emit, reject: Reject): void {
  const each = (holder: JsonValue, key: string, name: string, take: (object: JsonValue) => void) => {
    const list = holder[key] ?? [];
    if (!Array.isArray(list)) throw new BadRecord(`${name} is ${quote(list)}: it must be a list`);
    list.forEach((object: unknown, index) => {
      const where = `${name}[${index}]`;
      if (isObject(object))
        attempt(
          () => take(object),
          (reason) => reject(`${where}: ${reason}`),
        );
      else reject(`${where} is ${quote(object)}: it must be an object`);
    });
  };
  const includes = isIncludes(page) ? page : (optionalObject(page, 'includes') ?? {});
  each(includes, 'users', 'includes.users', (one) => emit({ kind: 'person', ...xPerson(one) }));
  each(includes, 'media', 'includes.media', (one) => emit({ kind: 'media', media: xMedia(one) }));
  each(includes, 'polls', 'includes.polls', (one) => emit({ kind: 'poll', poll: xPoll(one) }));
  each(includes, 'places', 'includes.places', (one) => emit({ kind: 'place', place: xPlace(one) }));
  for (const key of ['tweets', 'posts']) {
    each(includes, key, `includes.${key}`, (one) => emit({ kind: 'post', ...xPost(one, reading) }));
  }
  if (isObject(page.data))
    attempt(
      () => xObject(page.data as JsonValue, reading, emit),
      (reason) => reject(`data: ${reason}`),
    );
  else each(page, 'data', 'data', (one) => xObject(one, reading, emit));
}
