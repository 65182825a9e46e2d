import type { Post } from '#posts';
import type { Charge } from '#terms';
import type { FieldSelection } from '../params/field-selection.ts';
import { mediaWriter, placeWriter, pollWriter } from '../present/attached.ts';
import type { JsonCache } from '../present/json-cache.ts';
import { isShownToAuthor, withOwnMetrics } from '../present/own.ts';
import type { Hydrated, Included, Includes } from './gathered.ts';
import { capReached, fieldNotAuthorized, type PartialError, spelled } from './partial.ts';

/** What the charge left of an answer. */
export type KeptItems = Pick<Charge, 'kept' | 'dropped' | 'cutBy'>;

/** The parts of an answer, each as JSON text; a part without content is left out. */
export type AnswerParts = {
  /** `[]` is left out too: an answer without data has no `data`. */
  data?: readonly string[] | string;
  includes?: string;
  errors?: readonly PartialError[];
  meta?: Record<string, unknown>;
};

/** An answer's body as JSON text, in the order in which X writes it: data, includes, errors, meta. */
export function body({ data, includes, errors, meta }: AnswerParts): string {
  let text = '';
  if (typeof data === 'string') text += `,"data":${data}`;
  else if (data && data.length > 0) text += `,"data":[${data.join(',')}]`;
  if (includes) text += `,"includes":${includes}`;
  if (errors && errors.length > 0) text += `,"errors":${JSON.stringify(errors)}`;
  if (meta) text += `,"meta":${JSON.stringify(meta)}`;
  return `{${text.slice(1)}}`;
}

/** A post's JSON as it was asked for, with the author's own metrics for the author. */
export function postText(jsonCache: JsonCache, post: Post, fields: FieldSelection): string {
  const json = jsonCache.postJson(post, fields.post, fields.dialect);
  return isOwn(post, fields) ? withOwnMetrics(json, post, fields.refused.post, fields.dialect) : json;
}

function isOwn({ authorId }: Pick<Post, 'authorId'>, { viewer }: FieldSelection): boolean {
  return viewer !== undefined && viewer === authorId;
}

/** The `includes` of what was kept, or undefined when there are none. */
export function writeIncludes(
  jsonCache: JsonCache,
  { includes, live }: Pick<Hydrated, 'includes' | 'live'>,
  fields: FieldSelection,
  { kept, dropped }: KeptItems,
): string | undefined {
  // Most calls expand nothing.
  if (fields.expand.words.length === 0) return undefined;
  const { dialect } = fields;
  const write = <T>(
    from: Map<string, Included<T>>,
    without: ReadonlySet<string> | undefined,
    json: (thing: T) => string,
  ) => {
    const texts: string[] = [];
    for (const [id, { thing, item, via }] of from) {
      const isOut = item >= kept || without?.has(id) || (via !== undefined && dropped.posts.has(via));
      if (!isOut) texts.push(json(thing));
    }
    return texts;
  };
  const plain =
    <T>(writer: (thing: T) => unknown) =>
    (thing: T) =>
      JSON.stringify(writer(thing));
  const lists: [name: string, texts: string[]][] = [
    [
      'users',
      write(includes.people, dropped.persons, (one) =>
        jsonCache.personJson(one, fields.person, dialect, live.get(one.id)),
      ),
    ],
    [
      dialect === 'current' ? 'posts' : 'tweets',
      write(includes.posts, dropped.posts, (one) => jsonCache.postJson(one, fields.post, dialect)),
    ],
    ['media', write(includes.media, undefined, plain(mediaWriter(fields.media, dialect)))],
    ['polls', write(includes.polls, undefined, plain(pollWriter(fields.poll, dialect)))],
    ['places', write(includes.places, undefined, plain(placeWriter(fields.place, dialect)))],
  ];
  const filled = lists.filter(([, texts]) => texts.length > 0);
  if (filled.length === 0) return undefined;
  return `{${filled.map(([name, texts]) => `"${name}":[${texts.join(',')}]`).join(',')}}`;
}

/** Errors of what was kept: what was not found, what was refused, what did not fit the app's cap any more. */
export function keptErrors(
  { errors, includes }: Hydrated,
  { dialect }: Pick<FieldSelection, 'dialect'>,
  { kept, dropped, cutBy }: KeptItems,
): PartialError[] {
  const found = errors.filter(({ item }) => item < kept).map(({ error }) => error);
  for (const [value, { item }] of includes.posts) {
    if (item < kept && dropped.posts.has(value)) {
      found.push(
        capReached(
          { resource: 'tweet', parameter: 'referenced_tweets.id', value, section: 'includes' },
          cutBy,
        ),
      );
    }
  }
  return found.map((error) => spelled(error, dialect));
}

/** One entry for each private metric and each post or medium in the answer that is not the viewer's, as X refuses them. */
export function refusedFields(
  fields: FieldSelection,
  parameter: string,
  posts: readonly Pick<Post, 'id' | 'authorId'>[],
  includes: Includes,
  { kept, dropped }: KeptItems,
): PartialError[] {
  const errors: PartialError[] = [];
  for (const field of fields.refused.post) {
    const isRefused = (post: Pick<Post, 'authorId'>) => !(isShownToAuthor(field) && isOwn(post, fields));
    for (const post of posts.slice(0, kept)) {
      const value = post.id;
      if (isRefused(post))
        errors.push(fieldNotAuthorized({ resource: 'tweet', parameter, value, section: 'data' }, field));
    }
    for (const [value, { item, thing }] of includes.posts) {
      if (item >= kept || dropped.posts.has(value) || !isRefused(thing)) continue;
      const sought = {
        resource: 'tweet',
        parameter: 'referenced_tweets.id',
        value,
        section: 'includes',
      } as const;
      errors.push(fieldNotAuthorized(sought, field));
    }
  }
  for (const field of fields.refused.media) {
    for (const [value, { item }] of includes.media) {
      if (item >= kept) continue;
      const sought = {
        resource: 'media',
        parameter: 'attachments.media_keys',
        value,
        section: 'includes',
      } as const;
      errors.push(fieldNotAuthorized(sought, field));
    }
  }
  return errors.map((error) => spelled(error, fields.dialect));
}
