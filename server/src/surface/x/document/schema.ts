import { ID_PATTERN } from '../params/parameter.ts';
import { CONNECTIONS } from '../present/person.ts';

/**
 * Schemas of everything that answers hold, in JSON Schema 2020-12 as OpenAPI 3.1 takes it. Our own words and
 * shapes, written from what we send; tests hold every answer against them, so a field that is not here fails.
 * Fields that the newer dialect renames stand beside the classic ones.
 */
export type Schema = { readonly [key: string]: unknown };

export const text: Schema = { type: 'string' };
export const flag: Schema = { type: 'boolean' };
export const count: Schema = { type: 'integer', minimum: 0 };
export const id: Schema = { type: 'string', pattern: ID_PATTERN };
export const time: Schema = { type: 'string', format: 'date-time', pattern: '\\.\\d{3}Z$' };
export const uri: Schema = { type: 'string' };

export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

/** At least one item: X leaves empty lists out. */
export function list(items: Schema): Schema {
  return { type: 'array', items, minItems: 1 };
}

/** Only these properties; those named are always there. */
export function object(properties: Record<string, Schema>, required: readonly string[] = []): Schema {
  return { type: 'object', properties, required, additionalProperties: false };
}

function span(more: Record<string, Schema>, required: readonly string[]): Schema {
  return object({ start: count, end: count, ...more }, ['start', 'end', ...required]);
}

const annotated = { id: text, name: text, description: text };
const postCounts = {
  reply_count: count,
  like_count: count,
  quote_count: count,
  bookmark_count: count,
  impression_count: count,
};
const personCounts = {
  followers_count: count,
  following_count: count,
  listed_count: count,
  like_count: count,
  media_count: count,
};
const withheld = object(
  {
    copyright: flag,
    country_codes: { type: 'array', items: text },
    scope: { enum: ['tweet', 'post', 'user'] },
  },
  ['country_codes'],
);

export const things: Record<string, Schema> = {
  Post: object(
    {
      id,
      text,
      edit_history_tweet_ids: list(id),
      edit_history_post_ids: list(id),
      author_id: id,
      created_at: time,
      conversation_id: id,
      in_reply_to_user_id: id,
      referenced_tweets: list(ref('Reference')),
      referenced_posts: list(ref('Reference')),
      attachments: object({ media_keys: list(text), poll_ids: list(text) }),
      entities: ref('Entities'),
      note_tweet: object({ text, entities: ref('Entities') }, ['text']),
      note_post: object({ text, entities: ref('Entities') }, ['text']),
      lang: text,
      possibly_sensitive: flag,
      public_metrics: object(
        { retweet_count: count, repost_count: count, ...postCounts },
        Object.keys(postCounts),
      ),
      non_public_metrics: object({ impression_count: count }, ['impression_count']),
      organic_metrics: object(
        {
          impression_count: count,
          like_count: count,
          reply_count: count,
          retweet_count: count,
          repost_count: count,
        },
        ['impression_count', 'like_count', 'reply_count'],
      ),
      reply_settings: { enum: ['everyone', 'mentionedUsers', 'following', 'subscribers', 'verified'] },
      source: text,
      geo: object({
        place_id: text,
        coordinates: object(
          {
            type: { const: 'Point' },
            coordinates: { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 },
          },
          ['type', 'coordinates'],
        ),
      }),
      context_annotations: list(
        object({ domain: object(annotated, ['id', 'name']), entity: object(annotated, ['id', 'name']) }, [
          'domain',
          'entity',
        ]),
      ),
      edit_controls: object({ edits_remaining: count, is_edit_eligible: flag, editable_until: time }, [
        'edits_remaining',
        'is_edit_eligible',
        'editable_until',
      ]),
      display_text_range: { type: 'array', items: count, minItems: 2, maxItems: 2 },
      card_uri: text,
      community_id: text,
      withheld,
    },
    ['id', 'text'],
  ),
  Reference: object({ type: { enum: ['replied_to', 'quoted', 'retweeted'] }, id }, ['type', 'id']),
  Entities: object({
    hashtags: list(span({ tag: text }, ['tag'])),
    cashtags: list(span({ tag: text }, ['tag'])),
    mentions: list(span({ username: text, id }, ['username'])),
    urls: list(
      span(
        {
          url: uri,
          expanded_url: uri,
          display_url: text,
          unwound_url: uri,
          media_key: text,
          images: list(object({ url: uri, width: count, height: count }, ['url'])),
          status: { type: 'integer' },
          title: text,
          description: text,
        },
        ['url'],
      ),
    ),
    annotations: list(
      span({ probability: { type: 'number' }, type: text, normalized_text: text }, [
        'probability',
        'type',
        'normalized_text',
      ]),
    ),
  }),
  Person: object(
    {
      id,
      name: text,
      username: text,
      created_at: time,
      description: text,
      entities: object({ url: ref('Entities'), description: ref('Entities') }),
      location: text,
      url: uri,
      profile_image_url: uri,
      profile_banner_url: uri,
      protected: flag,
      public_metrics: object({ tweet_count: count, post_count: count, ...personCounts }, [
        'followers_count',
        'following_count',
        'listed_count',
      ]),
      pinned_tweet_id: id,
      pinned_post_id: id,
      most_recent_tweet_id: id,
      most_recent_post_id: id,
      verified: flag,
      verified_type: { enum: ['blue', 'business', 'government', 'none'] },
      connection_status: list({ enum: CONNECTIONS }),
      receives_your_dm: flag,
      parody: flag,
      affiliation: object({ badge_url: uri, description: text, url: uri, user_id: list(id) }),
      withheld,
    },
    ['id', 'name', 'username'],
  ),
  Media: object(
    {
      media_key: text,
      type: { enum: ['photo', 'video', 'animated_gif'] },
      url: uri,
      preview_image_url: uri,
      alt_text: text,
      width: count,
      height: count,
      duration_ms: count,
      public_metrics: object({ view_count: count }, ['view_count']),
      variants: list(object({ bit_rate: count, content_type: text, url: uri }, ['content_type', 'url'])),
    },
    ['media_key', 'type'],
  ),
  Poll: object(
    {
      id: text,
      options: list(object({ position: count, label: text, votes: count }, ['position', 'label', 'votes'])),
      duration_minutes: count,
      end_datetime: time,
      voting_status: { enum: ['open', 'closed'] },
    },
    ['id', 'options'],
  ),
  Place: object(
    {
      id: text,
      full_name: text,
      name: text,
      country: text,
      country_code: text,
      place_type: text,
      geo: { type: 'object' },
      contained_within: list(text),
    },
    ['id', 'full_name'],
  ),
};
