import { idTime } from '#kernel';
import type { Post } from '#posts';
import { POST_FIELDS } from '../vocabulary.ts';
import { writeEntities, writeWithheld } from './entities.ts';
import { filled, isoTime, type Makers, some, someOf, writers } from './field.ts';

/** A post may be edited for 30 minutes and five times; each edit is a new post that carries the chain. */
const EDITABLE_MS = 30 * 60_000;
const EDITS_MAX = 5;

/** Fields without data here (articles, notes, scopes, private metrics) are taken and left out of answers. */
const makers: Makers<Post> = {
  id: (post) => post.id,
  text: (post) => post.text,
  edit_history_tweet_ids: (post) => post.editHistory,
  author_id: (post) => post.authorId,
  created_at: (post) => isoTime(post.createdAt),
  conversation_id: (post) => filled(post.conversationId),
  in_reply_to_user_id: (post) => post.inReplyToPersonId,
  referenced_tweets: (post) => some(post.references),
  attachments: (post) => someOf({ media_keys: some(post.mediaKeys), poll_ids: some(post.pollIds) }),
  entities: (post) => writeEntities(post.entities),
  note_tweet: (post) =>
    post.longText && { text: post.longText.text, entities: writeEntities(post.longText.entities) },
  lang: (post) => filled(post.lang),
  possibly_sensitive: (post) => post.sensitive,
  public_metrics: (post, dialect) => ({
    [dialect === 'current' ? 'repost_count' : 'retweet_count']: post.metrics.reposts,
    reply_count: post.metrics.replies,
    like_count: post.metrics.likes,
    quote_count: post.metrics.quotes,
    bookmark_count: post.metrics.bookmarks,
    impression_count: post.metrics.impressions,
  }),
  reply_settings: (post) => post.replySettings,
  source: (post) => filled(post.source),
  geo: (post) =>
    post.geo &&
    someOf({
      place_id: post.geo.placeId,
      coordinates: post.geo.coordinates && { type: 'Point', coordinates: post.geo.coordinates },
    }),
  context_annotations: (post) => some(post.contextAnnotations),
  edit_controls: writeEditControls,
  display_text_range: (post) => post.displayTextRange,
  card_uri: (post) => post.cardUri,
  community_id: (post) => post.communityId,
  withheld: (post, dialect) => writeWithheld(post.withheld, dialect),
};

/** Time and edits count from the chain's first version; a repost cannot be edited at all. */
function writeEditControls(post: Post): Record<string, unknown> {
  const edits = Math.max(0, post.editHistory.indexOf(post.id));
  const first = post.editHistory[0];
  const firstMs = edits > 0 && first ? idTime(first) : post.createdAt;
  const isRepost = post.references.some((reference) => reference.type === 'retweeted');
  return {
    edits_remaining: Math.max(0, EDITS_MAX - edits),
    is_edit_eligible: !isRepost,
    editable_until: isoTime(firstMs + EDITABLE_MS),
  };
}

/** Fields of every post, asked for or not. */
export const POST_DEFAULTS: readonly string[] = ['id', 'text', 'edit_history_tweet_ids'];

/** The writer of posts for a field set and a dialect. Pure: what it writes depends on the post alone. */
export const postWriter = writers(POST_FIELDS, makers, POST_DEFAULTS);
