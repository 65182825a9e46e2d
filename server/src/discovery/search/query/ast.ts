/**
 * The query as data: plain JSON, so that it crosses to a worker thread unchanged. The parser keeps it
 * canonical (no AND inside AND, no OR inside OR, no double negation, no group of one), so that print and
 * parse are inverse to each other.
 */
export type Query = And | Or | Not | Term;

export type And = { kind: 'and'; of: Query[] };
export type Or = { kind: 'or'; of: Query[] };
export type Not = { kind: 'not'; of: Query };

export type Term =
  /** One run of text without quotes. `coca-cola` is two words in a row. */
  | { kind: 'keyword'; text: string }
  /** `within` is the N of `"a b"~N`, streams only. */
  | { kind: 'phrase'; text: string; within?: number }
  | { kind: 'hashtag'; tag: string }
  | { kind: 'cashtag'; tag: string }
  | { kind: 'mention'; username: string }
  /** `who` is a username or a person's id. */
  | { kind: 'person'; relation: PersonRelation; who: string }
  | { kind: 'post'; relation: PostRelation; id: string }
  | { kind: 'flag'; flag: Flag }
  | { kind: 'text'; field: TextField; value: string }
  /** At least `least`; for `sample`, that many per cent. */
  | { kind: 'number'; field: NumberField; least: number }
  /** The author's figures, bounds included; no `most` is open. */
  | { kind: 'range'; field: RangeField; least: number; most?: number }
  /** Degrees; the radius in its unit. */
  | { kind: 'radius'; longitude: number; latitude: number; radius: number; unit: 'mi' | 'km' }
  | { kind: 'box'; west: number; south: number; east: number; north: number };

export type PersonRelation = 'from' | 'to' | 'retweets_of' | 'from_affiliate_of';
export type PostRelation =
  | 'conversation_id'
  | 'in_reply_to_tweet_id'
  | 'retweets_of_tweet_id'
  | 'quotes_of_tweet_id';
export type Flag =
  | 'is:retweet'
  | 'is:reply'
  | 'is:quote'
  | 'is:verified'
  | 'is:nullcast'
  | 'has:hashtags'
  | 'has:cashtags'
  | 'has:links'
  | 'has:mentions'
  | 'has:media'
  | 'has:images'
  | 'has:videos'
  | 'has:geo';
export type TextField =
  | 'url'
  | 'context'
  | 'entity'
  | 'place'
  | 'place_country'
  | 'lang'
  | 'list'
  | 'bio'
  | 'bio_name'
  | 'bio_location'
  | 'url_title'
  | 'url_description'
  | 'url_contains'
  | 'source';
export type NumberField = 'min_likes' | 'min_replies' | 'min_reposts' | 'sample';
export type RangeField = 'followers_count' | 'tweets_count' | 'following_count' | 'listed_count';

/** Every term of a query, in the order in which they are written. */
export function* terms(query: Query): Generator<Term> {
  if (query.kind === 'and' || query.kind === 'or') for (const child of query.of) yield* terms(child);
  else if (query.kind === 'not') yield* terms(query.of);
  else yield query;
}
