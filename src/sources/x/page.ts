import type { Emit, Reading, Reject } from '../reading.ts';
import { attempt, BadRecord, isObject, type Json, optionalObject, quote } from '../value.ts';
import { xMedia, xPlace, xPoll } from './attachment.ts';
import { isXList, xList } from './list.ts';
import { isXPerson, xPerson } from './person.ts';
import { xPost } from './post.ts';

/** One X API v2 object of any kind, told apart by the fields that only it has. */
export function xObject(object: Json, reading: Reading, emit: Emit): void {
  if (isXPerson(object)) emit({ kind: 'person', ...xPerson(object) });
  else if (object.text !== undefined) {
    carried(object, emit);
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

/** What collectors such as `twarc2 flatten` put into a post from the page's includes: its author and media. */
function carried(post: Json, emit: Emit): void {
  if (isObject(post.author) && isXPerson(post.author)) emit({ kind: 'person', ...xPerson(post.author) });
  const media = isObject(post.attachments) ? post.attachments.media : undefined;
  if (!Array.isArray(media)) return;
  for (const one of media)
    if (isObject(one) && one.type !== undefined) emit({ kind: 'media', media: xMedia(one) });
}

/** True for a whole answer of the API, as `{data, includes, meta}`. */
export function isXPage(object: Json): boolean {
  return (
    object.data !== undefined ||
    object.includes !== undefined ||
    (object.meta !== undefined && object.id === undefined)
  );
}

/**
 * A whole answer of X's API, or a part of one. What posts point at comes first, so that a post finds its author, media
 * and place already there. One bad object does not cost the others: each is rejected by its own name.
 */
export function xPage(page: Json, reading: Reading, emit: Emit, reject: Reject): void {
  const each = (holder: Json, key: string, name: string, take: (object: Json) => void) => {
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
  const includes = optionalObject(page, 'includes') ?? {};
  each(includes, 'users', 'includes.users', (one) => emit({ kind: 'person', ...xPerson(one) }));
  each(includes, 'media', 'includes.media', (one) => emit({ kind: 'media', media: xMedia(one) }));
  each(includes, 'polls', 'includes.polls', (one) => emit({ kind: 'poll', poll: xPoll(one) }));
  each(includes, 'places', 'includes.places', (one) => emit({ kind: 'place', place: xPlace(one) }));
  for (const key of ['tweets', 'posts']) {
    each(includes, key, `includes.${key}`, (one) => emit({ kind: 'post', ...xPost(one, reading) }));
  }
  if (isObject(page.data))
    attempt(
      () => xObject(page.data as Json, reading, emit),
      (reason) => reject(`data: ${reason}`),
    );
  else each(page, 'data', 'data', (one) => xObject(one, reading, emit));
}
