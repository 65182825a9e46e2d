import { noMetrics } from '../model/defaults.ts';
import { PERSON_FIELDS, type Person } from '../model/person.ts';
import type { Post, PostMetrics, Reference } from '../model/post.ts';
import { isWithheld } from '../policy/visibility-policy.ts';
import { KIND, STATE } from './sqlite-schema.ts';

/**
 * How a post lies in its row: a JSON array without names, half the bytes of the object and faster to read. Id,
 * author and edit history are in columns. Fields that few posts have are an object at the end. JSON text escapes
 * NUL and lone surrogates, which SQLite would not give back.
 */
type Doc = [
  createdAt: number,
  text: string,
  lang: string,
  /** 0: the post's own id. */
  conversationId: string | 0,
  inReplyToPersonId: string | 0,
  references: (string | number)[] | 0,
  source: string | 0,
  sensitive: 0 | 1,
  metrics: number[] | 0,
  entities: Post['entities'] | 0,
  rest?: Rest,
];

const REST_FIELDS = [
  'replySettings',
  'contextAnnotations',
  'geo',
  'mediaKeys',
  'pollIds',
  'longText',
  'displayTextRange',
  'cardUri',
  'communityId',
  'withheld',
  'nullcast',
] as const satisfies (keyof Post)[];
type Rest = Pick<Post, (typeof REST_FIELDS)[number]>;

const REFERENCE_TYPES: readonly Reference['type'][] = ['replied_to', 'quoted', 'retweeted'];

/** Order of the numbers in a doc. A new metric goes to the end. */
export const METRICS = [
  'reposts',
  'replies',
  'likes',
  'quotes',
  'bookmarks',
  'impressions',
] as const satisfies (keyof PostMetrics)[];

export function encodePost(post: Post): string {
  const metrics = METRICS.map((name) => post.metrics[name]);
  const doc: Doc = [
    post.createdAt,
    post.text,
    post.lang,
    post.conversationId === post.id ? 0 : post.conversationId,
    post.inReplyToPersonId ?? 0,
    post.references.length === 0
      ? 0
      : post.references.flatMap(({ type, id }) => [REFERENCE_TYPES.indexOf(type), id]),
    post.source ?? 0,
    post.sensitive ? 1 : 0,
    metrics.some((count) => count !== 0) ? metrics : 0,
    hasKeys(post.entities) ? post.entities : 0,
  ];
  const rest = pickRest(post);
  if (rest) doc.push(rest);
  return JSON.stringify(doc);
}

/** @param editHistory ids of the chain, oldest first; the post's own id alone when it was never edited. */
export function decodePost(id: string, authorId: string, text: string, editHistory: string[]): Post {
  const doc = JSON.parse(text) as Doc;
  const [
    createdAt,
    words,
    lang,
    conversation,
    replyTo,
    references,
    source,
    sensitive,
    metrics,
    entities,
    rest,
  ] = doc;
  const post: Post = {
    id,
    authorId,
    createdAt,
    text: words,
    lang,
    conversationId: conversation === 0 ? id : conversation,
    references: references === 0 ? [] : decodeReferences(references),
    sensitive: sensitive === 1,
    metrics: metrics === 0 ? noMetrics() : decodeMetrics(metrics),
    entities: entities === 0 ? {} : entities,
    editHistory,
  };
  if (replyTo !== 0) post.inReplyToPersonId = replyTo;
  if (source !== 0) post.source = source;
  return rest === undefined ? post : Object.assign(post, rest);
}

function decodeMetrics(counts: number[]): PostMetrics {
  const [reposts = 0, replies = 0, likes = 0, quotes = 0, bookmarks = 0, impressions = 0] = counts;
  return { reposts, replies, likes, quotes, bookmarks, impressions };
}

function decodeReferences(flat: (string | number)[]): Reference[] {
  const references: Reference[] = [];
  for (let index = 0; index < flat.length; index += 2) {
    references.push({ type: REFERENCE_TYPES[Number(flat[index])]!, id: String(flat[index + 1]) });
  }
  return references;
}

function pickRest(post: Post): Rest | undefined {
  const rest: Record<string, unknown> = {};
  for (const field of REST_FIELDS) {
    if (post[field] !== undefined) rest[field] = post[field];
  }
  return hasKeys(rest) ? (rest as Rest) : undefined;
}

function hasKeys(value: object): boolean {
  for (const _ in value) return true;
  return false;
}

/** The `kind` bits of a post. */
export function kindOf(post: Post): number {
  let kind = 0;
  for (const { type } of post.references) {
    kind |= type === 'replied_to' ? KIND.reply : type === 'quoted' ? KIND.quote : KIND.repost;
  }
  return post.inReplyToPersonId === undefined ? kind : kind | KIND.reply;
}

/** The `state` bits that come from the post itself, not from its edits or its deletion. */
export function ownState(post: Post): number {
  return (isWithheld(post.withheld) ? STATE.withheld : 0) | (post.nullcast ? STATE.nullcast : 0);
}

/** Fields in one fixed order, so that equal persons are equal texts. */
export function encodePerson(person: Person): string {
  const ordered: Record<string, unknown> = {};
  for (const field of PERSON_FIELDS) ordered[field] = person[field];
  return JSON.stringify(ordered);
}

export function decodePerson(text: string): Person {
  return JSON.parse(text) as Person;
}

/** Look-ups by name ignore case. */
export function foldUsername(username: string): string {
  return username.toLowerCase();
}
