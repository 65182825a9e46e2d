import {
  defaultPerson,
  type Entities,
  isUsername,
  type Media,
  noMetrics,
  type Person,
  type PersonField,
  type Place,
  type Post,
  type PostInput,
  type Reference,
  TEXT_LENGTH_MAX,
} from '#posts';
import { language } from '../language.ts';
import type { Emit, SourceReading } from '../reading.ts';
import { optionalTime, postTime } from '../time.ts';
import {
  BadRecord,
  countValue,
  idValue,
  type JsonValue,
  listOf,
  objects,
  optionalBoolean,
  optionalCount,
  optionalId,
  optionalObject,
  optionalText,
  optionalTexts,
  textValue,
} from '../value.ts';
import { boundingBox } from './attachment.ts';
import { usernameValue } from './person.ts';
import { coordinatesOf } from './post.ts';

/**
 * X API v1.1 objects: lines of older collections, and the posts of account archives (which write counts and
 * positions as strings, and leave out the author).
 */
export function isV1Post(object: JsonValue): boolean {
  return object.id_str !== undefined && (object.full_text !== undefined || object.text !== undefined);
}

export function isV1Person(object: JsonValue): boolean {
  return object.id_str !== undefined && object.screen_name !== undefined;
}

/** A post with its author, attachments, place and the posts that it carries inside itself. */
export function takeV1Post(object: JsonValue, reading: SourceReading, emit: Emit, depth = 0): void {
  const user = optionalObject(object, 'user');
  if (user?.screen_name !== undefined) emit({ kind: 'person', ...v1Person(user) });
  for (const key of ['retweeted_status', 'quoted_status']) {
    const inner = optionalObject(object, key);
    if (inner && depth < CARRIED_MAX) takeV1Post(inner, reading, emit, depth + 1);
  }
  const place = optionalObject(object, 'place');
  if (place?.id && place.full_name) emit({ kind: 'place', place: v1Place(place) });
  for (const one of attached(object)) emit({ kind: 'media', media: v1Media(one) });
  emit({ kind: 'post', ...v1Post(object, reading) });
}

/** A post of an account archive, with nothing of others: what it reposts is named and not taken. */
export function takeArchivedPost(object: JsonValue, reading: SourceReading, emit: Emit): void {
  takeV1Post(object, reading, emit, CARRIED_MAX);
}

/** A repost carries the original, and that the post that it quotes. */
const CARRIED_MAX = 3;

function v1Post(object: JsonValue, reading: SourceReading): { post: PostInput; unsaid: (keyof Post)[] } {
  const id = idValue(object.id_str, 'id_str');
  const extended = optionalObject(object, 'extended_tweet') ?? {};
  const text = textValue(extended.full_text ?? object.full_text ?? object.text, 'full_text', TEXT_LENGTH_MAX);
  const user = optionalObject(object, 'user');
  const authorId = user ? idValue(user.id_str, 'user.id_str') : reading.authorId;
  if (authorId === undefined) throw new BadRecord('user is missing: nothing names the author');
  const entities = optionalObject(extended, 'entities') ?? optionalObject(object, 'entities');
  const post: PostInput = {
    id,
    authorId,
    createdAt: postTime(id, optionalTime(object.created_at, 'created_at'), reading.now),
    text,
    lang: language(optionalText(object, 'lang')),
    references: references(object),
    sensitive: optionalBoolean(object, 'possibly_sensitive') ?? false,
    metrics: {
      ...noMetrics(),
      likes: optionalCount(object, 'favorite_count') ?? 0,
      reposts: optionalCount(object, 'retweet_count') ?? 0,
      replies: optionalCount(object, 'reply_count') ?? 0,
      quotes: optionalCount(object, 'quote_count') ?? 0,
    },
    entities: entities ? v1Entities(entities) : reading.entitiesOf(text),
  };
  addOptional(post, object, extended);
  const unsaid = UNSAID.filter(
    (field) => post[field] === undefined || (field === 'lang' && post.lang === 'und'),
  );
  if (object.possibly_sensitive === undefined) unsaid.push('sensitive');
  if (!entities) unsaid.push('entities');
  return { post, unsaid };
}

/** Fields that v1.1 knows only sometimes, and those that came after it. */
const UNSAID: (keyof Post)[] = [
  'lang',
  'conversationId',
  'inReplyToPersonId',
  'source',
  'replySettings',
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
];

function addOptional(post: PostInput, object: JsonValue, extended: JsonValue): void {
  const inReplyTo = optionalId(object, 'in_reply_to_user_id_str');
  if (inReplyTo) post.inReplyToPersonId = inReplyTo;
  // `<a href="https://…" rel="nofollow">Name of the client</a>`
  const source = optionalText(object, 'source')?.replace(/<[^<>]*>/g, '');
  if (source) post.source = source;
  const range = listOf(extended.display_text_range === undefined ? object : extended, 'display_text_range');
  if (range.length >= 2)
    post.displayTextRange = [
      countValue(range[0], 'display_text_range'),
      countValue(range[1], 'display_text_range'),
    ];
  const place = optionalObject(object, 'place');
  const point = optionalObject(object, 'coordinates');
  const placeId = place && optionalText(place, 'id');
  const coordinates = point?.coordinates === undefined ? undefined : coordinatesOf(point.coordinates);
  if (placeId || coordinates) post.geo = { ...(placeId && { placeId }), ...(coordinates && { coordinates }) };
  const media = attached(object);
  if (media.length > 0) post.mediaKeys = media.map(mediaKey);
  const countryCodes = optionalTexts(object, 'withheld_in_countries');
  const copyright = optionalBoolean(object, 'withheld_copyright');
  if (countryCodes || copyright)
    post.withheld = { countryCodes: countryCodes ?? [], ...(copyright && { copyright }) };
}

/** The media of a post: the fullest list that it has. */
function attached(object: JsonValue): JsonValue[] {
  const extended = optionalObject(object, 'extended_tweet') ?? {};
  for (const holder of [extended, object]) {
    for (const key of ['extended_entities', 'entities']) {
      const entities = optionalObject(holder, key);
      const media = entities ? objects(entities, 'media') : [];
      if (media.length > 0) return media;
    }
  }
  return [];
}

function references(object: JsonValue): Reference[] {
  const list: Reference[] = [];
  const add = (type: Reference['type'], id: string | undefined) => void (id && list.push({ type, id }));
  add('replied_to', optionalId(object, 'in_reply_to_status_id_str'));
  add('quoted', optionalId(object, 'quoted_status_id_str'));
  const repost = optionalObject(object, 'retweeted_status');
  // A repost of a quote names the quoted post too; that is the original's.
  return repost ? [{ type: 'retweeted', id: idValue(repost.id_str, 'retweeted_status.id_str') }] : list;
}

/** The old lists, whose positions are `indices`; positions count code points there too. */
function v1Entities(given: JsonValue): Entities {
  const at = (one: JsonValue): { start: number; end: number } => {
    const indices = listOf(one, 'indices');
    return { start: countValue(indices[0], 'indices'), end: countValue(indices[1], 'indices') };
  };
  const tags = (key: string) =>
    objects(given, key).map((one) => ({ ...at(one), tag: textValue(one.text, `entities.${key}.text`) }));
  const mentions = objects(given, 'user_mentions').flatMap((one) => {
    const id = one.id_str === '-1' ? undefined : optionalId(one, 'id_str');
    const username = textValue(one.screen_name, 'entities.user_mentions.screen_name');
    return isUsername(username) ? [{ ...at(one), username, ...(id && { id }) }] : [];
  });
  const urls = [...objects(given, 'urls'), ...objects(given, 'media')].map((one) => {
    const expandedUrl = optionalText(one, 'expanded_url');
    const displayUrl = optionalText(one, 'display_url');
    const isMedia = one.media_url !== undefined || one.media_url_https !== undefined;
    return {
      ...at(one),
      url: textValue(one.url, 'entities.urls.url'),
      ...(expandedUrl && { expandedUrl }),
      ...(displayUrl && { displayUrl }),
      ...(isMedia && { mediaKey: mediaKey(one) }),
    };
  });
  const hashtags = tags('hashtags');
  const cashtags = tags('symbols');
  return {
    ...(hashtags.length > 0 && { hashtags }),
    ...(cashtags.length > 0 && { cashtags }),
    ...(mentions.length > 0 && { mentions }),
    ...(urls.length > 0 && { urls }),
  };
}

const MEDIA_TYPES: Record<string, { type: Media['type']; prefix: number }> = {
  photo: { type: 'photo', prefix: 3 },
  video: { type: 'video', prefix: 7 },
  animated_gif: { type: 'animated_gif', prefix: 16 },
};

function mediaKey(one: JsonValue): string {
  const prefix = MEDIA_TYPES[String(one.type)]?.prefix ?? 3;
  return `${prefix}_${idValue(one.id_str, 'media.id_str')}`;
}

function v1Media(one: JsonValue): Media {
  const { type } = MEDIA_TYPES[String(one.type)] ?? { type: 'photo' };
  const media: Media = { mediaKey: mediaKey(one), type };
  const url = optionalText(one, 'media_url_https') ?? optionalText(one, 'media_url');
  if (url) media[type === 'photo' ? 'url' : 'previewImageUrl'] = url;
  const altText = optionalText(one, 'ext_alt_text');
  if (altText) media.altText = altText;
  const size =
    optionalObject(one, 'original_info') ?? optionalObject(optionalObject(one, 'sizes') ?? {}, 'large') ?? {};
  const width = optionalCount(size, 'width') ?? optionalCount(size, 'w');
  const height = optionalCount(size, 'height') ?? optionalCount(size, 'h');
  if (width !== undefined) media.width = width;
  if (height !== undefined) media.height = height;
  const video = optionalObject(one, 'video_info');
  if (!video) return media;
  const duration = optionalCount(video, 'duration_millis');
  if (duration !== undefined) media.durationMs = duration;
  const variants = objects(video, 'variants').map((variant) => {
    const bitRate = optionalCount(variant, 'bitrate');
    return {
      contentType: textValue(variant.content_type, 'variants.content_type'),
      url: textValue(variant.url, 'variants.url'),
      ...(bitRate !== undefined && { bitRate }),
    };
  });
  if (variants.length > 0) media.variants = variants;
  return media;
}

function v1Place(given: JsonValue): Place {
  const place: Place = {
    id: textValue(given.id, 'place.id'),
    fullName: textValue(given.full_name, 'place.full_name'),
  };
  for (const [field, key] of [
    ['name', 'name'],
    ['country', 'country'],
    ['countryCode', 'country_code'],
    ['placeType', 'place_type'],
  ] as const) {
    const text = optionalText(given, key);
    if (text) place[field] = text;
  }
  const corners = optionalObject(given, 'bounding_box')?.coordinates;
  const ring: unknown = Array.isArray(corners) ? corners[0] : undefined;
  if (Array.isArray(ring) && ring.length > 0) {
    const points = ring.map((point: unknown) => coordinatesOf(point));
    const longitudes = points.map(([longitude]) => longitude);
    const latitudes = points.map(([, latitude]) => latitude);
    const box = [
      Math.min(...longitudes),
      Math.min(...latitudes),
      Math.max(...longitudes),
      Math.max(...latitudes),
    ];
    place.geo = { type: 'Feature', bbox: boundingBox(box), properties: {} };
  }
  return place;
}

/** @throws BadRecord without `id_str` or `screen_name`. */
export function v1Person(user: JsonValue): { person: Person; unsaid: PersonField[] } {
  const username = usernameValue(user.screen_name);
  const createdAt = optionalTime(user.created_at, 'user.created_at');
  const verified = optionalBoolean(user, 'verified') ?? false;
  const person: Person = {
    ...defaultPerson(idValue(user.id_str, 'user.id_str')),
    username,
    name: optionalText(user, 'name') ?? username,
    description: optionalText(user, 'description') ?? '',
    verified,
    protected: optionalBoolean(user, 'protected') ?? false,
    metrics: {
      followers: optionalCount(user, 'followers_count') ?? 0,
      following: optionalCount(user, 'friends_count') ?? 0,
      posts: optionalCount(user, 'statuses_count') ?? 0,
      listed: optionalCount(user, 'listed_count') ?? 0,
    },
  };
  if (createdAt !== undefined) person.createdAt = createdAt;
  for (const [field, key] of [
    ['location', 'location'],
    ['url', 'url'],
    ['profileImageUrl', 'profile_image_url_https'],
    ['profileBannerUrl', 'profile_banner_url'],
  ] as const) {
    const text = optionalText(user, key);
    if (text) person[field] = text;
  }
  const unsaid = [...NEVER_SAID];
  for (const [field, key] of PERSON_KEYS) {
    if (user[key] === undefined || (user[key] === null && field.startsWith('metrics.'))) unsaid.push(field);
  }
  if (user.verified === undefined || verified) unsaid.push('verifiedType');
  return { person, unsaid };
}

/** What came after v1.1, or is not read from it. */
const NEVER_SAID: readonly PersonField[] = [
  'state',
  'preferences',
  'entities',
  'pinnedPostId',
  'mostRecentPostId',
  'affiliation',
  'parody',
  'withheld',
  'metrics.likes',
  'metrics.media',
];

/** Collectors often keep only some fields of an author. */
const PERSON_KEYS: readonly [field: PersonField, key: string][] = [
  ['name', 'name'],
  ['createdAt', 'created_at'],
  ['description', 'description'],
  ['location', 'location'],
  ['url', 'url'],
  ['profileImageUrl', 'profile_image_url_https'],
  ['profileBannerUrl', 'profile_banner_url'],
  ['verified', 'verified'],
  ['protected', 'protected'],
  ['metrics.followers', 'followers_count'],
  ['metrics.following', 'friends_count'],
  ['metrics.posts', 'statuses_count'],
  ['metrics.listed', 'listed_count'],
];
