import { STREAM_NAMES } from '#streams';
import type { Dialect } from '#terms';

/**
 * The words that a parameter takes (fields, expansions), in both dialects of X's API. On 2026-08-07 its public
 * document renamed tweet to post; clients of both ages exist, so both spellings are taken everywhere, and `call/dialect.ts`
 * decides in which an answer is written. Inside this module a word is always its classic spelling.
 */
export type { Dialect } from '#terms';

/** A word that both dialects write alike, or `[classic, current]`. */
type Spelling = string | readonly [classic: string, current: string];

export type Vocabulary = {
  /** Classic spellings in alphabetical order. */
  readonly words: readonly string[];
  /** Any spelling → its word, and the dialect where only one dialect writes it so. */
  readonly read: ReadonlyMap<string, { word: string; dialect?: Dialect }>;
  /** A word as a dialect writes it. */
  spell(word: string, dialect: Dialect): string;
};

export function vocabulary(spellings: readonly Spelling[]): Vocabulary {
  const read = new Map<string, { word: string; dialect?: Dialect }>();
  const newer = new Map<string, string>();
  for (const spelling of spellings) {
    if (typeof spelling === 'string') read.set(spelling, { word: spelling });
    else {
      const [classic, renamed] = spelling;
      read.set(classic, { word: classic, dialect: 'classic' });
      read.set(renamed, { word: classic, dialect: 'current' });
      newer.set(classic, renamed);
    }
  }
  const words = [...new Set([...read.values()].map((entry) => entry.word))].sort();
  return {
    words,
    read,
    spell: (word, dialect) => (dialect === 'current' ? (newer.get(word) ?? word) : word),
  };
}

/** Words that were asked for, as sets that compare by `key`. */
export type WordSet = {
  readonly key: string;
  readonly has: (word: string) => boolean;
  readonly words: readonly string[];
};

/** Enough for every combination that clients send; an evicted set is simply made again. */
const INTERNED_MAX = 512;
const interned = new Map<string, WordSet>();

/** The one set for these words, whatever their order, so that what was compiled for it is found again. */
export function wordSet(words: Iterable<string>): WordSet {
  const sorted = [...new Set(words)].sort();
  const key = sorted.join(',');
  const known = interned.get(key);
  if (known) return known;
  if (interned.size >= INTERNED_MAX) interned.delete(interned.keys().next().value ?? '');
  const members = new Set(sorted);
  const set = { key, words: sorted, has: (word: string) => members.has(word) };
  interned.set(key, set);
  return set;
}

export const POST_FIELDS = vocabulary([
  'article',
  'article_title',
  'attachments',
  'author_id',
  'card_uri',
  'community_id',
  'context_annotations',
  'conversation_id',
  'created_at',
  'display_text_range',
  'edit_controls',
  ['edit_history_tweet_ids', 'edit_history_post_ids'],
  'entities',
  'geo',
  'id',
  'in_reply_to_user_id',
  'lang',
  'matched_media_notes',
  'media_metadata',
  'non_public_metrics',
  ['note_tweet', 'note_post'],
  'note_request_suggestions',
  'organic_metrics',
  'paid_partnership',
  'possibly_sensitive',
  'promoted_metrics',
  'public_metrics',
  ['referenced_tweets', 'referenced_posts'],
  'reply_settings',
  'scopes',
  'source',
  'suggested_source_links',
  'suggested_source_links_with_counts',
  'text',
  'username',
  'withheld',
]);

export const PERSON_FIELDS = vocabulary([
  'affiliation',
  'confirmed_email',
  'connection_status',
  'created_at',
  'description',
  'entities',
  'id',
  'is_identity_verified',
  'location',
  ['most_recent_tweet_id', 'most_recent_post_id'],
  'name',
  'parody',
  ['pinned_tweet_id', 'pinned_post_id'],
  'profile_banner_url',
  'profile_image_url',
  'protected',
  'public_metrics',
  'receives_your_dm',
  'subscribes_to_you',
  'subscription',
  'subscription_type',
  'url',
  'username',
  'verified',
  'verified_followers_count',
  'verified_type',
  'withheld',
]);

export const MEDIA_FIELDS = vocabulary([
  'alt_text',
  'duration_ms',
  'height',
  'media_key',
  'non_public_metrics',
  'organic_metrics',
  'preview_image_url',
  'promoted_metrics',
  'public_metrics',
  'type',
  'url',
  'variants',
  'width',
]);

export const PLACE_FIELDS = vocabulary([
  'contained_within',
  'country',
  'country_code',
  'full_name',
  'geo',
  'id',
  'name',
  'place_type',
]);

export const POLL_FIELDS = vocabulary(['duration_minutes', 'end_datetime', 'id', 'options', 'voting_status']);

export const LIST_FIELDS = vocabulary([
  'created_at',
  'description',
  'follower_count',
  'id',
  'member_count',
  'name',
  'owner_id',
  'private',
]);

export const LIST_EXPANSIONS = vocabulary(['owner_id']);

export const COUNT_FIELDS = vocabulary(['end', 'start', ['tweet_count', 'post_count']]);

export const USAGE_FIELDS = vocabulary([
  'cap_reset_day',
  'daily_client_app_usage',
  'daily_project_usage',
  'project_cap',
  'project_id',
  'project_usage',
]);

export const CONNECTION_FIELDS = vocabulary([
  'client_ip',
  'connected_at',
  'disconnect_reason',
  'disconnected_at',
  'endpoint_name',
  'id',
]);

export const STREAM_ENDPOINTS = vocabulary(STREAM_NAMES);

export const RULE_COUNT_FIELDS = vocabulary([
  'all_project_client_apps',
  'cap_per_client_app',
  'cap_per_project',
  'client_app_rules_count',
  'project_rules_count',
]);

export const POST_EXPANSIONS = vocabulary([
  'article.cover_media',
  'article.media_entities',
  'attachments.media_keys',
  ['attachments.media_source_tweet', 'attachments.media_source_post'],
  'attachments.poll_ids',
  'author_id',
  ['edit_history_tweet_ids', 'edit_history_post_ids'],
  'entities.mentions.username',
  'entities.note.mentions.username',
  'geo.place_id',
  'in_reply_to_user_id',
  ['referenced_tweets.id', 'referenced_posts'],
  ['referenced_tweets.id.attachments.media_keys', 'referenced_posts.attachments.media_keys'],
  ['referenced_tweets.id.author_id', 'referenced_posts.author_id'],
  'username',
]);

export const PERSON_EXPANSIONS = vocabulary([
  ['affiliation.user_id', 'affiliation'],
  ['most_recent_tweet_id', 'most_recent_post_id'],
  ['pinned_tweet_id', 'pinned_post_id'],
]);

/** Metrics that only a post's author may see: with an app's own key they are refused, post by post. */
export const PRIVATE_METRICS: readonly string[] = [
  'non_public_metrics',
  'organic_metrics',
  'promoted_metrics',
];
