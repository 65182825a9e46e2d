import { compareIds } from '#kernel';
import {
  noMetrics,
  type Post,
  type PostInput,
  type PostMetrics,
  type Reference,
  TEXT_LENGTH_MAX,
  type Withheld,
} from '#posts';
import { language } from '../language.ts';
import type { SourceReading } from '../reading.ts';
import { optionalTime, postTime } from '../time.ts';
import { unsaidFields } from '../unsaid.ts';
import {
  BadRecord,
  countValue,
  idValue,
  type JsonValue,
  listOf,
  objects,
  optionalBoolean,
  optionalId,
  optionalIds,
  optionalObject,
  optionalText,
  optionalTexts,
  quote,
  textValue,
} from '../value.ts';
import { xEntities } from './entities.ts';

const unsaidOf = unsaidFields<keyof Post>([
  'lang',
  'conversationId',
  'inReplyToPersonId',
  'references',
  'source',
  'sensitive',
  'replySettings',
  'metrics',
  'entities',
  'contextAnnotations',
  'geo',
  'mediaKeys',
  'pollIds',
  'longText',
  'displayTextRange',
  'cardUri',
  'communityId',
  'editHistory',
  'withheld',
  'nullcast',
]);

/** X's name of each field, in the classic dialect or in that of August 2026. */
const KEYS: Partial<Record<keyof Post, readonly [classic: string, renamed?: string]>> = {
  lang: ['lang'],
  conversationId: ['conversation_id'],
  inReplyToPersonId: ['in_reply_to_user_id'],
  references: ['referenced_tweets', 'referenced_posts'],
  source: ['source'],
  sensitive: ['possibly_sensitive'],
  replySettings: ['reply_settings'],
  metrics: ['public_metrics'],
  entities: ['entities'],
  contextAnnotations: ['context_annotations'],
  geo: ['geo'],
  mediaKeys: ['attachments'],
  pollIds: ['attachments'],
  longText: ['note_tweet', 'note_post'],
  displayTextRange: ['display_text_range'],
  cardUri: ['card_uri'],
  communityId: ['community_id'],
  editHistory: ['edit_history_tweet_ids', 'edit_history_post_ids'],
  withheld: ['withheld'],
  nullcast: ['nullcast'],
};

const REFERENCE_TYPES: Record<string, Reference['type']> = {
  replied_to: 'replied_to',
  quoted: 'quoted',
  retweeted: 'retweeted',
  reposted: 'retweeted',
};
const REPLY_SETTINGS = ['everyone', 'mentionedUsers', 'following', 'subscribers', 'verified'] as const;

export type XPost = { post: PostInput; unsaid: readonly (keyof Post)[] };

/**
 * An X API v2 post object in either dialect. Needs `id`, `text` and `author_id`, and `created_at` where the id is no
 * snowflake; X leaves out what is empty, so an absent field is unsaid, and `null` says that there is none.
 * @throws BadRecord with the field's name.
 */
export function xPost(object: JsonValue, reading: SourceReading): XPost {
  const id = idValue(object.id, 'id');
  const text = textValue(object.text, 'text', TEXT_LENGTH_MAX);
  if (object.author_id === undefined)
    throw new BadRecord('author_id is missing: fetch posts with tweet.fields=author_id');
  const references = xReferences(object);
  const entities = optionalObject(object, 'entities');
  const metrics = optionalObject(object, 'public_metrics');
  const post: PostInput = {
    id,
    authorId: idValue(object.author_id, 'author_id'),
    createdAt: postTime(id, optionalTime(object.created_at, 'created_at'), reading.now),
    text,
    lang: language(optionalText(object, 'lang')),
    references,
    sensitive: optionalBoolean(object, 'possibly_sensitive') ?? false,
    metrics: { ...noMetrics(), ...(metrics && xMetrics(metrics)) },
    entities: entities ? xEntities(entities) : reading.entitiesOf(text),
  };
  addOptional(post, object, reading);
  const unsaid = unsaidOf((field) => {
    const [classic, renamed] = KEYS[field]!;
    return object[classic] === undefined && (renamed === undefined || object[renamed] === undefined);
  });
  return { post, unsaid };
}

/** Fields that most posts lack are set only where they are, so that posts of one kind have one shape. */
function addOptional(post: PostInput, object: JsonValue, reading: SourceReading): void {
  const conversationId = optionalId(object, 'conversation_id');
  if (conversationId) post.conversationId = conversationId;
  const history = editHistory(object, post.id);
  if (history) post.editHistory = history;
  const inReplyTo = optionalId(object, 'in_reply_to_user_id');
  if (inReplyTo) post.inReplyToPersonId = inReplyTo;
  const source = optionalText(object, 'source');
  if (source) post.source = source;
  const replySettings = REPLY_SETTINGS.find((one) => one === object.reply_settings);
  if (replySettings) post.replySettings = replySettings;
  const annotations = objects(object, 'context_annotations').map((one) => ({
    domain: annotated(optionalObject(one, 'domain'), 'domain'),
    entity: annotated(optionalObject(one, 'entity'), 'entity'),
  }));
  if (annotations.length) post.contextAnnotations = annotations;
  const geo = xGeo(optionalObject(object, 'geo'));
  if (geo) post.geo = geo;
  const attachments = optionalObject(object, 'attachments');
  const mediaKeys = attachments && optionalTexts(attachments, 'media_keys');
  if (mediaKeys) post.mediaKeys = mediaKeys;
  const pollIds = attachments && optionalIds(attachments, 'poll_ids');
  if (pollIds) post.pollIds = pollIds;
  const note = optionalObject(object, 'note_tweet') ?? optionalObject(object, 'note_post');
  if (note) {
    const text = textValue(note.text, 'note_tweet.text', TEXT_LENGTH_MAX);
    const entities = optionalObject(note, 'entities');
    post.longText = { text, entities: entities ? xEntities(entities) : reading.entitiesOf(text) };
  }
  const range = listOf(object, 'display_text_range');
  if (range.length) {
    post.displayTextRange = [
      countValue(range[0], 'display_text_range'),
      countValue(range[1], 'display_text_range'),
    ];
  }
  const card = optionalText(object, 'card_uri');
  if (card) post.cardUri = card;
  const community = optionalId(object, 'community_id');
  if (community) post.communityId = community;
  const withheld = xWithheld(optionalObject(object, 'withheld'));
  if (withheld) post.withheld = withheld;
  if (optionalBoolean(object, 'nullcast')) post.nullcast = true;
}

const METRICS = [
  ['reposts', 'retweet_count', 'repost_count'],
  ['replies', 'reply_count'],
  ['likes', 'like_count'],
  ['quotes', 'quote_count'],
  ['bookmarks', 'bookmark_count'],
  ['impressions', 'impression_count'],
] as const;

/** The counts that a `public_metrics` object names. */
export function xMetrics(metrics: JsonValue): Partial<PostMetrics> {
  const counts: Partial<PostMetrics> = {};
  for (const [field, key, renamed] of METRICS) {
    const value = metrics[key] ?? (renamed && metrics[renamed]);
    if (value !== undefined && value !== null) counts[field] = countValue(value, key);
  }
  return counts;
}

function xReferences(object: JsonValue): Reference[] {
  return objects(
    object,
    object.referenced_tweets === undefined ? 'referenced_posts' : 'referenced_tweets',
  ).map((one) => {
    const type = REFERENCE_TYPES[String(one.type)];
    if (!type)
      throw new BadRecord(`referenced_tweets.type is ${quote(one.type)}: replied_to, quoted or retweeted`);
    return { type, id: idValue(one.id, 'referenced_tweets.id') };
  });
}

function editHistory(object: JsonValue, id: string): string[] | undefined {
  const ids = optionalIds(object, 'edit_history_tweet_ids') ?? optionalIds(object, 'edit_history_post_ids');
  if (!ids) return undefined;
  if (!ids.includes(id)) throw new BadRecord(`edit_history_tweet_ids does not hold the post's own id ${id}`);
  return ids.length === 1 ? ids : [...new Set(ids)].sort(compareIds);
}

function annotated(
  given: JsonValue | undefined,
  name: string,
): { id: string; name: string; description?: string } {
  if (!given) throw new BadRecord(`context_annotations.${name} is missing`);
  const description = optionalText(given, 'description');
  return {
    id: textValue(given.id, `context_annotations.${name}.id`),
    name: textValue(given.name ?? '', `context_annotations.${name}.name`),
    ...(description && { description }),
  };
}

function xGeo(geo: JsonValue | undefined): Post['geo'] {
  if (!geo) return undefined;
  const placeId = optionalText(geo, 'place_id');
  const point = optionalObject(geo, 'coordinates');
  const coordinates = point && coordinatesOf(point.coordinates);
  return placeId || coordinates
    ? { ...(placeId && { placeId }), ...(coordinates && { coordinates }) }
    : undefined;
}

/** [longitude, latitude] in degrees. */
export function coordinatesOf(value: unknown): [number, number] {
  if (Array.isArray(value) && value.length >= 2) {
    const [longitude, latitude] = value as unknown[];
    if (typeof longitude === 'number' && typeof latitude === 'number') {
      if (Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90) return [longitude, latitude];
    }
  }
  throw new BadRecord(`geo.coordinates is ${quote(value)}: write [longitude, latitude] in degrees`);
}

export function xWithheld(withheld: JsonValue | undefined): Withheld | undefined {
  if (!withheld) return undefined;
  const copyright = optionalBoolean(withheld, 'copyright');
  const scope = withheld.scope === 'user' || withheld.scope === 'tweet' ? withheld.scope : undefined;
  const countryCodes = optionalTexts(withheld, 'country_codes') ?? [];
  return { countryCodes, ...(copyright !== undefined && { copyright }), ...(scope && { scope }) };
}
