import {
  ALL_ALLOWED,
  isUsername,
  type Person,
  type PersonField,
  type Preferences,
  USERNAME_LENGTH_MAX,
} from '#posts';
import { optionalTime } from '../time.ts';
import { unsaidFields } from '../unsaid.ts';
import {
  BadRecord,
  idValue,
  type JsonValue,
  optionalBoolean,
  optionalCount,
  optionalId,
  optionalIds,
  optionalObject,
  optionalText,
  quote,
  textValue,
} from '../value.ts';
import { xEntities } from './entities.ts';
import { xWithheld } from './post.ts';

const KEYS: Partial<Record<keyof Person, readonly [classic: string, renamed?: string]>> = {
  name: ['name'],
  createdAt: ['created_at'],
  description: ['description'],
  location: ['location'],
  url: ['url'],
  profileImageUrl: ['profile_image_url'],
  profileBannerUrl: ['profile_banner_url'],
  verified: ['verified'],
  verifiedType: ['verified_type'],
  protected: ['protected'],
  metrics: ['public_metrics'],
  entities: ['entities'],
  pinnedPostId: ['pinned_tweet_id', 'pinned_post_id'],
  mostRecentPostId: ['most_recent_tweet_id', 'most_recent_post_id'],
  withheld: ['withheld'],
  affiliation: ['affiliation'],
  parody: ['parody'],
  state: ['state'],
  preferences: ['preferences'],
};
/** Counts within `public_metrics`. */
const COUNT_KEYS: Partial<Record<PersonField, readonly [classic: string, renamed?: string]>> = {
  'metrics.followers': ['followers_count'],
  'metrics.following': ['following_count'],
  'metrics.posts': ['tweet_count', 'post_count'],
  'metrics.listed': ['listed_count'],
  'metrics.likes': ['like_count'],
  'metrics.media': ['media_count'],
};
const unsaidOf = unsaidFields<PersonField>([
  ...Object.keys(KEYS),
  ...Object.keys(COUNT_KEYS),
] as PersonField[]);

const VERIFIED_TYPES = ['blue', 'business', 'government', 'none'] as const;
const STATES = ['active', 'suspended', 'deactivated'] as const;

export type XPerson = { person: Person; unsaid: readonly PersonField[] };

/** A name as look-ups take it, without its `@`. */
export function usernameValue(value: unknown): string {
  const username = textValue(value, 'username').replace(/^@/, '');
  if (!isUsername(username)) {
    throw new BadRecord(
      `username is ${quote(value)}: 1 to ${USERNAME_LENGTH_MAX} letters, digits, underscores, dots or hyphens`,
    );
  }
  return username;
}

/**
 * An X API v2 user object in either dialect, with two fields of our own for a platform's backend: `state` and
 * `preferences` (`search`, `ai_training`, `redistribution`). Needs `id` and `username`.
 * @throws BadRecord with the field's name.
 */
export function xPerson(object: JsonValue): XPerson {
  const id = idValue(object.id, 'id');
  const username = usernameValue(object.username);
  const given = optionalObject(object, 'public_metrics');
  const counts = given ?? {};
  const person: Person = {
    id,
    username,
    name: optionalText(object, 'name') ?? username,
    description: optionalText(object, 'description') ?? '',
    verified: optionalBoolean(object, 'verified') ?? false,
    verifiedType: VERIFIED_TYPES.find((one) => one === object.verified_type) ?? 'none',
    protected: optionalBoolean(object, 'protected') ?? false,
    metrics: {
      followers: optionalCount(counts, 'followers_count') ?? 0,
      following: optionalCount(counts, 'following_count') ?? 0,
      posts: optionalCount(counts, 'tweet_count') ?? optionalCount(counts, 'post_count') ?? 0,
      listed: optionalCount(counts, 'listed_count') ?? 0,
    },
    state: state(object.state),
    preferences: { ...ALL_ALLOWED, ...preferences(optionalObject(object, 'preferences') ?? {}) },
  };
  addOptional(person, object, counts);
  const unsaid = unsaidOf((field) => {
    if (field === 'metrics') return !given;
    const count = COUNT_KEYS[field];
    if (count) return given !== undefined && count.every((key) => counts[key!] == null);
    const [classic, renamed] = KEYS[field as keyof Person]!;
    return object[classic] === undefined && (renamed === undefined || object[renamed] === undefined);
  });
  return { person, unsaid };
}

function addOptional(person: Person, object: JsonValue, counts: JsonValue): void {
  const createdAt = optionalTime(object.created_at, 'created_at');
  if (createdAt !== undefined) person.createdAt = createdAt;
  const location = optionalText(object, 'location');
  if (location) person.location = location;
  const url = optionalText(object, 'url');
  if (url) person.url = url;
  const image = optionalText(object, 'profile_image_url');
  if (image) person.profileImageUrl = image;
  const banner = optionalText(object, 'profile_banner_url');
  if (banner) person.profileBannerUrl = banner;
  const likes = optionalCount(counts, 'like_count');
  if (likes !== undefined) person.metrics.likes = likes;
  const media = optionalCount(counts, 'media_count');
  if (media !== undefined) person.metrics.media = media;
  const pinned = optionalId(object, 'pinned_tweet_id') ?? optionalId(object, 'pinned_post_id');
  if (pinned) person.pinnedPostId = pinned;
  const recent = optionalId(object, 'most_recent_tweet_id') ?? optionalId(object, 'most_recent_post_id');
  if (recent) person.mostRecentPostId = recent;
  const withheld = xWithheld(optionalObject(object, 'withheld'));
  if (withheld) person.withheld = withheld;
  if (optionalBoolean(object, 'parody')) person.parody = true;
  const entities = optionalObject(object, 'entities');
  if (entities) {
    const url = optionalObject(entities, 'url');
    const description = optionalObject(entities, 'description');
    person.entities = {
      ...(url && { url: xEntities(url) }),
      ...(description && { description: xEntities(description) }),
    };
  }
  const affiliation = affiliationOf(optionalObject(object, 'affiliation'));
  if (affiliation) person.affiliation = affiliation;
}

function affiliationOf(given: JsonValue | undefined): Person['affiliation'] {
  if (!given) return undefined;
  const personIds = Array.isArray(given.user_id) ? optionalIds(given, 'user_id') : undefined;
  const one = personIds ? undefined : optionalId(given, 'user_id');
  const badgeUrl = optionalText(given, 'badge_url');
  const description = optionalText(given, 'description');
  const url = optionalText(given, 'url');
  return {
    ...(personIds && { personIds }),
    ...(one && { personIds: [one] }),
    ...(badgeUrl && { badgeUrl }),
    ...(description && { description }),
    ...(url && { url }),
  };
}

function state(value: unknown): Person['state'] {
  if (value === undefined || value === null) return 'active';
  const known = STATES.find((one) => one === value);
  if (!known) throw new BadRecord(`state is ${quote(value)}: active, suspended or deactivated`);
  return known;
}

/** The refusals that an object names, `ai_training` for aiTraining. */
export function preferences(given: JsonValue): Partial<Preferences> {
  const search = optionalBoolean(given, 'search');
  const aiTraining = optionalBoolean(given, 'ai_training');
  const redistribution = optionalBoolean(given, 'redistribution');
  return {
    ...(search !== undefined && { search }),
    ...(aiTraining !== undefined && { aiTraining }),
    ...(redistribution !== undefined && { redistribution }),
  };
}

/** True for what only a person's object holds. */
export function isXPerson(object: JsonValue): boolean {
  return object.username !== undefined && object.text === undefined;
}
