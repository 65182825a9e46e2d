import type { PostAct } from '#actions';
import { Problem } from '#kernel';
import type { Dialect } from '#terms';
import { invalid, invalidRequest } from '../../params/invalid.ts';
import { readBody } from './body.ts';
import { UNSUPPORTED } from './schemas.ts';

type Settings = NonNullable<PostAct['replySettings']>;

/** X's body of a new post, in either dialect, after the schema has taken it. */
type NewPost = {
  text?: string;
  reply?: {
    in_reply_to_tweet_id?: string;
    in_reply_to_post_id?: string;
    exclude_reply_user_ids?: string[];
    auto_populate_reply_metadata?: boolean;
  };
  quote_tweet_id?: string;
  quote_post_id?: string;
  media?: { media_ids: string[]; tagged_user_ids?: string[] };
  poll?: { options: string[]; duration_minutes: number; reply_settings?: Settings };
  reply_settings?: Settings;
  geo?: { place_id?: string };
  for_super_followers_only?: boolean;
  edit_options?: { previous_post_id: string };
};

/** The act that a body asks for. @throws `invalid-request`, `body-invalid`. */
export function postActOf(given: unknown, source?: string): PostAct {
  if (typeof given === 'object' && given !== null) refuseUnsupported(given);
  const body = readBody<NewPost>('NewPost', given);
  const { reply, media, poll } = body;
  const replyTo = either('reply.in_reply_to', reply?.in_reply_to_tweet_id, reply?.in_reply_to_post_id);
  if (reply && replyTo === undefined) {
    const at = '$.reply.in_reply_to_tweet_id';
    throw invalidRequest([invalid(at, [], `${at}: is missing but it is required`)]);
  }
  const quoteOf = either('quote', body.quote_tweet_id, body.quote_post_id);
  if (poll && quoteOf !== undefined) throw unfit('A post has `poll` or quotes another one, not both.');
  const replySettings = body.reply_settings ?? poll?.reply_settings;
  const act: PostAct = { kind: 'create-post', text: body.text ?? '' };
  if (replyTo !== undefined) act.replyTo = replyTo;
  if (reply?.exclude_reply_user_ids) act.excludeReplyPersonIds = reply.exclude_reply_user_ids;
  if (reply?.auto_populate_reply_metadata === false) act.namesNobody = true;
  if (quoteOf !== undefined) act.quoteOf = quoteOf;
  if (media) act.mediaIds = media.media_ids;
  if (media?.tagged_user_ids?.length) act.taggedPersonIds = media.tagged_user_ids;
  if (poll) act.poll = { options: poll.options, durationMinutes: poll.duration_minutes };
  if (replySettings !== undefined) act.replySettings = replySettings;
  if (body.geo?.place_id !== undefined) act.placeId = body.geo.place_id;
  if (body.for_super_followers_only) act.forSuperFollowersOnly = true;
  if (body.edit_options) act.editOf = body.edit_options.previous_post_id;
  if (source !== undefined) act.source = source;
  return act;
}

/**
 * The dialect that a body shows: only words of the current one do, for its document kept `quote_tweet_id` and
 * `in_reply_to_tweet_id` as well.
 */
export function saidInNewPost(given: unknown): Dialect | undefined {
  const { reply, quote_post_id } = (given ?? {}) as Partial<NewPost>;
  return (reply?.in_reply_to_post_id ?? quote_post_id) === undefined ? undefined : 'current';
}

/** One field under its two names. */
function either(name: string, classic: string | undefined, newer: string | undefined): string | undefined {
  if (classic !== undefined && newer !== undefined && classic !== newer)
    throw unfit(`\`${name}_tweet_id\` and \`${name}_post_id\` name two posts.`);
  return classic ?? newer;
}

/** What is left out in silence would be believed to be done. */
function refuseUnsupported(given: object): void {
  for (const [name, what] of Object.entries(UNSUPPORTED)) {
    const value = Object.hasOwn(given, name) ? (given as Record<string, unknown>)[name] : false;
    if (value === false) continue;
    const message = `$.${name}: this network does not have ${what}; leave it out`;
    throw invalidRequest([invalid(`$.${name}`, [String(JSON.stringify(value)).slice(0, 64)], message)]);
  }
}

function unfit(detail: string): Problem {
  return new Problem('body-invalid', { detail });
}
