import { idTime } from '#kernel';
import { defaultPostInput, type Media, type PostInput, TEXT_LENGTH_MAX } from '#posts';
import { language } from '../language.ts';
import { mintPersonId, mintUnseenId, type SourceIdMint } from '../mint.ts';
import type { Emit, SourceReading } from '../reading.ts';
import { isSnowflake, optionalTime, parseTime } from '../time.ts';
import {
  BadRecord,
  isObject,
  type JsonValue,
  listOf,
  optionalBoolean,
  optionalObject,
  optionalText,
  quote,
  textValue,
} from '../value.ts';
import { emitActor, localName } from './actor.ts';
import { textOfHtml } from './html.ts';

/**
 * ActivityPub as Mastodon writes it (`outbox.json` of an account's archive, or pages of an outbox): Create is a post,
 * Announce a repost. Only what everybody may see is taken.
 */
export type MastodonReading = SourceReading & {
  mint: SourceIdMint;
  /** Posts and people whose pages say so; an archive's outbox carries everything else, too. */
  actorTold: Set<string>;
};

const PUBLIC = new Set(['https://www.w3.org/ns/activitystreams#Public', 'as:Public', 'Public']);
const URI_LENGTH_MAX = 2_048;

/** The activities in a record: a page or outbox holds many. @throws BadRecord for anything else. */
export function activitiesOf(value: unknown): JsonValue[] {
  const holder = isObject(value) ? (value.orderedItems ?? value) : value;
  const list: unknown[] = Array.isArray(holder) ? holder : [holder];
  return list.map((one) => {
    if (isObject(one) && one.type !== undefined) return one;
    throw new BadRecord(`${quote(one)} is no activity`);
  });
}

function isActivity(value: JsonValue): boolean {
  return (
    (value.type === 'Create' || value.type === 'Announce') &&
    value.object !== undefined &&
    value.actor !== undefined
  );
}

/** Gives a post its id before anything refers to it. */
export function registerActivity(activity: JsonValue, mint: SourceIdMint): void {
  const made = madeBy(activity);
  if (made) mint.postId(made.uri, made.createdAt);
}

/** @throws BadRecord for what is no public post or repost. */
export function takeActivity(activity: JsonValue, reading: MastodonReading, emit: Emit): void {
  const made = madeBy(activity);
  if (!made)
    throw new BadRecord(
      `the activity is of the type ${quote(activity.type)}: only Create and Announce are posts`,
    );
  if (!isPublic(activity) && !(isObject(activity.object) && isPublic(activity.object))) {
    throw new BadRecord('the post is not public: it is not taken');
  }
  if (made.createdAt > reading.now + 86_400_000) throw new BadRecord('published lies in the future');
  const actor = uriOf(activity.actor, 'actor');
  emitActor(actor, undefined, reading.actorTold, emit);
  const id = reading.mint.postId(made.uri, made.createdAt);
  if (activity.type === 'Announce') emit({ kind: 'post', post: repost(activity, id, made, actor, reading) });
  else note(activity.object as JsonValue, id, made, actor, reading, emit);
}

type Made = { uri: string; createdAt: number };

function madeBy(activity: JsonValue): Made | undefined {
  if (!isActivity(activity)) return undefined;
  const object = isObject(activity.object) ? activity.object : undefined;
  if (activity.type === 'Create' && !object)
    throw new BadRecord('the post itself is missing: object is only its address');
  // A boost that carries the post it boosts has its own time.
  const published =
    activity.type === 'Create' ? (object?.published ?? activity.published) : activity.published;
  const createdAt = optionalTime(published, 'published');
  if (createdAt === undefined) throw new BadRecord('published is missing');
  const uri = activity.type === 'Create' ? uriOf(object?.id, 'object.id') : uriOf(activity.id, 'id');
  return { uri, createdAt };
}

function uriOf(value: unknown, name: string): string {
  const uri = isObject(value) ? value.id : value;
  const text = textValue(uri, name, URI_LENGTH_MAX);
  if (!/^https?:\/\/[^\s<>"]+$/.test(text))
    throw new BadRecord(`${name} is ${quote(text)}: it must be an address`);
  return text;
}

function isPublic(object: JsonValue): boolean {
  return [object.to, object.cc].flat().some((one) => typeof one === 'string' && PUBLIC.has(one));
}

function blank(id: string, made: Made, actor: string): PostInput {
  return {
    // An id that an earlier Parley gave out stays, and with it its time.
    ...defaultPostInput({
      id,
      authorId: mintPersonId(actor),
      createdAt: isSnowflake(id) ? idTime(id) : made.createdAt,
    }),
    source: 'Mastodon',
  };
}

function repost(
  activity: JsonValue,
  id: string,
  made: Made,
  actor: string,
  reading: MastodonReading,
): PostInput {
  const target = uriOf(activity.object, 'object');
  const post = blank(id, made, actor);
  post.references = [{ type: 'retweeted', id: boostedId(activity.object, target, reading) }];
  // What is not here can only be named.
  post.text = `RT ${target}`;
  post.entities = reading.entitiesOf(post.text);
  return post;
}

/**
 * The id of a boosted post that may never come: its own if it is known or its time is, else one that stands for its address
 * until the post is here and the outbox is read again.
 */
function boostedId(object: unknown, target: string, { mint, now }: MastodonReading): string {
  const known = mint.find(target);
  if (known !== undefined) return known;
  const published = isObject(object) ? parseTime(object.published) : undefined;
  return published !== undefined && published <= now ? mint.postId(target, published) : mintUnseenId(target);
}

function note(
  object: JsonValue,
  id: string,
  made: Made,
  actor: string,
  reading: MastodonReading,
  emit: Emit,
): void {
  const post = blank(id, made, actor);
  const warning = optionalText(object, 'summary');
  const body = textOfHtml(textValue(object.content ?? '', 'content', TEXT_LENGTH_MAX * 8));
  post.text = textValue(warning ? `${textOfHtml(warning)}\n\n${body}` : body, 'content', TEXT_LENGTH_MAX);
  post.lang = languageOf(object);
  post.sensitive = optionalBoolean(object, 'sensitive') ?? false;
  if (object.inReplyTo !== undefined && object.inReplyTo !== null) {
    const parent = reading.mint.find(uriOf(object.inReplyTo, 'inReplyTo'));
    if (parent && parent !== id) post.references = [{ type: 'replied_to', id: parent }];
  }
  addTags(post, object, reading);
  const media = attachments(object, id);
  if (media.length > 0) post.mediaKeys = media.map((one) => one.mediaKey);
  for (const one of media) emit({ kind: 'media', media: one });
  emit({ kind: 'post', post });
}

/** `contentMap` names the language; Mastodon gives one. X writes Indonesian as `in`. */
function languageOf(object: JsonValue): string {
  const [lang] = Object.keys(optionalObject(object, 'contentMap') ?? {});
  return lang === undefined ? 'und' : lang === 'id' ? 'in' : language(lang);
}

/** Hashtags and mentions are named in `tag`; where they stand is found in the text. */
function addTags(post: PostInput, object: JsonValue, reading: MastodonReading): void {
  const entities = reading.entitiesOf(post.text);
  const mentions = new Map<string, string>();
  for (const tag of listOf(object, 'tag')) {
    if (
      !isObject(tag) ||
      tag.type !== 'Mention' ||
      typeof tag.name !== 'string' ||
      typeof tag.href !== 'string'
    )
      continue;
    mentions.set(tag.name.replace(/^@/, '').split('@')[0]!.toLowerCase(), tag.href);
  }
  entities.mentions = entities.mentions?.map((mention) => {
    const href = mentions.get(mention.username.toLowerCase());
    return href ? { ...mention, username: localName(href), id: mintPersonId(href) } : mention;
  });
  if (!entities.mentions) delete entities.mentions;
  post.entities = entities;
}

function attachments(object: JsonValue, postId: string): Media[] {
  return listOf(object, 'attachment').flatMap((one, index): Media[] => {
    if (!isObject(one) || typeof one.url !== 'string') return [];
    const kind = String(one.mediaType ?? '').split('/')[0];
    if (kind !== 'image' && kind !== 'video') return [];
    const media: Media = {
      mediaKey: `${kind === 'image' ? 3 : 7}_${BigInt(postId) + BigInt(index)}`,
      type: kind === 'image' ? 'photo' : 'video',
    };
    // Inside an archive the address is a path; only whole addresses are of use to anybody.
    if (/^https?:\/\//.test(one.url)) media.url = textValue(one.url, 'attachment.url');
    const altText = optionalText(one, 'name');
    if (altText) media.altText = altText;
    for (const side of ['width', 'height'] as const) {
      const pixels = one[side];
      if (typeof pixels === 'number' && Number.isSafeInteger(pixels) && pixels > 0) media[side] = pixels;
    }
    return [media];
  });
}
