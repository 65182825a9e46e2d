import type { Person } from '#posts';
import { type Dialect, PERSON_FIELDS, type WordSet } from '../vocabulary.ts';
import { writeEntities, writeWithheld } from './entities.ts';
import { filled, isoTime, type Makers, someOf, writers } from './field.ts';

/**
 * Fields whose value depends on more than the person: ids of posts, shown only if the caller may see those posts, and what
 * the person and the viewer are to each other. They are written apart, so that the rest can be kept.
 */
export type LivePerson = {
  pinnedPostId?: string;
  newestPostId?: string;
  /** X's words, in alphabetical order. */
  connections?: readonly Connection[];
  /** May the viewer write them a message? */
  takesMessages?: boolean;
};
export const CONNECTIONS = [
  'blocking',
  'follow_request_received',
  'follow_request_sent',
  'followed_by',
  'following',
  'muting',
] as const;
type Connection = (typeof CONNECTIONS)[number];
const LIVE_FIELDS = [
  ['pinned_tweet_id', 'pinnedPostId'],
  ['most_recent_tweet_id', 'newestPostId'],
] as const;

/** Fields without data here (confirmed_email, subscriptions …) are taken and left out. */
const makers: Makers<Person> = {
  id: (person) => person.id,
  name: (person) => person.name,
  username: (person) => person.username,
  created_at: (person) => (person.createdAt === undefined ? undefined : isoTime(person.createdAt)),
  description: (person) => person.description,
  entities: (person) =>
    someOf({
      url: writeEntities(person.entities?.url),
      description: writeEntities(person.entities?.description),
    }),
  location: (person) => filled(person.location),
  url: (person) => filled(person.url),
  profile_image_url: (person) => filled(person.profileImageUrl),
  profile_banner_url: (person) => filled(person.profileBannerUrl),
  protected: (person) => person.protected,
  public_metrics: (person, dialect) => ({
    followers_count: person.metrics.followers,
    following_count: person.metrics.following,
    [dialect === 'current' ? 'post_count' : 'tweet_count']: person.metrics.posts,
    listed_count: person.metrics.listed,
    like_count: person.metrics.likes,
    media_count: person.metrics.media,
  }),
  verified: (person) => person.verified,
  verified_type: (person) => person.verifiedType,
  parody: (person) => person.parody,
  affiliation: (person) =>
    person.affiliation &&
    someOf({
      badge_url: person.affiliation.badgeUrl,
      description: person.affiliation.description,
      url: person.affiliation.url,
      user_id: person.affiliation.personIds,
    }),
  withheld: (person, dialect) => writeWithheld(person.withheld, dialect),
};

/** Fields of every person, asked for or not. */
export const PERSON_DEFAULTS: readonly string[] = ['id', 'name', 'username'];

/** The writer of persons for a field set and a dialect. */
export const personWriter = writers(PERSON_FIELDS, makers, PERSON_DEFAULTS);

/** A person's JSON with the fields that depend on the caller at its end. Ids need no escaping. */
export function withLiveFields(
  json: string,
  fields: WordSet,
  dialect: Dialect,
  live: LivePerson | undefined,
): string {
  let more = '';
  for (const [word, key] of LIVE_FIELDS) {
    const id = live?.[key];
    if (id !== undefined && fields.has(word)) more += `,"${PERSON_FIELDS.spell(word, dialect)}":"${id}"`;
  }
  const { connections = [], takesMessages } = live ?? {};
  if (connections.length > 0 && fields.has('connection_status')) {
    more += `,"connection_status":${JSON.stringify(connections)}`;
  }
  if (takesMessages !== undefined) more += `,"receives_your_dm":${takesMessages}`;
  return more === '' ? json : `${json.slice(0, -1)}${more}}`;
}
