import { flag, id, list, object, type Schema, text } from '../../document/schema.ts';

/** What an act led to: one word, true or false. */
function done(word: string, more: Record<string, Schema> = {}): Schema {
  return object({ data: object({ [word]: flag, ...more }, [word]) }, ['data']);
}

const items = (of: Schema, minItems: number, maxItems: number): Schema => ({
  type: 'array',
  items: of,
  minItems,
  maxItems,
});

const replySettings: Schema = {
  type: 'string',
  enum: ['everyone', 'following', 'mentionedUsers', 'subscribers', 'verified'],
};

/** Fields of X's body that name what no network here has; `false` is taken, anything else is refused by name. */
export const UNSUPPORTED = {
  card_uri: 'cards of advertisers',
  community_id: 'communities',
  direct_message_deep_link: 'links into direct messages',
  made_with_ai: 'a label for what AI made',
  nullcast: 'promoted posts',
  paid_partnership: 'a label for paid partnerships',
  share_with_followers: 'communities',
} as const;

/** Bodies and answers of the endpoints in this folder, by their names in the document. */
export const writingSchemas: Readonly<Record<string, Schema>> = {
  NewPost: object({
    text,
    reply: object({
      in_reply_to_tweet_id: id,
      in_reply_to_post_id: id,
      exclude_reply_user_ids: items(id, 0, 50),
      auto_populate_reply_metadata: flag,
    }),
    quote_tweet_id: id,
    quote_post_id: id,
    media: object({ media_ids: items(id, 1, 4), tagged_user_ids: items(id, 0, 10) }, ['media_ids']),
    poll: object(
      {
        options: items({ type: 'string', minLength: 1, maxLength: 25 }, 2, 4),
        duration_minutes: { type: 'integer', minimum: 5, maximum: 10_080 },
        reply_settings: replySettings,
      },
      ['options', 'duration_minutes'],
    ),
    reply_settings: replySettings,
    geo: object({ place_id: { type: 'string', minLength: 1, maxLength: 100 } }),
    for_super_followers_only: flag,
    edit_options: object({ previous_post_id: id }, ['previous_post_id']),
    ...Object.fromEntries(
      Object.keys(UNSUPPORTED).map((name) => [name, { description: 'Not on this network.' }]),
    ),
  }),
  PostMade: object(
    {
      data: object({ id, text, edit_history_tweet_ids: list(id), edit_history_post_ids: list(id) }, [
        'id',
        'text',
      ]),
    },
    ['data'],
  ),
  PostId: object({ tweet_id: id, post_id: id }),
  PersonId: object({ target_user_id: id }, ['target_user_id']),
  Hide: object({ hidden: flag }, ['hidden']),
  Deleted: done('deleted'),
  Hidden: done('hidden'),
  Liked: done('liked'),
  Reposted: done('retweeted', { rest_id: id }),
  Bookmarked: done('bookmarked'),
  Following: object({ data: object({ following: flag, pending_follow: flag }, ['following']) }, ['data']),
  Muting: done('muting'),
  Blocking: done('blocking'),
};
