import { isDeepStrictEqual } from 'node:util';
import { idTime } from '#kernel';
import type { PostMedia } from '#media';
import {
  type Change,
  defaultPostInput,
  type Person,
  type Poll,
  type Post,
  type PostInput,
  type Reference,
} from '#posts';
import { type ActionContext, actorOf, livePost, postFor, seenPost } from './action-context.ts';
import { compose, prefixOf, refuseLength, replyPrefix, written, writtenOf } from './compose.ts';
import { languageOf } from './language.ts';
import type { PollInput, PostAct } from './port.ts';
import { forbidden, missing, unfit } from './refusal.ts';
import { answerable } from './reply.ts';

/** X's limits of a poll. */
const POLL_OPTIONS_MIN = 2;
const POLL_OPTIONS_MAX = 4;
const POLL_OPTION_LENGTH_MAX = 25;
const POLL_MINUTES_MIN = 5;
const POLL_MINUTES_MAX = 7 * 24 * 60;
const MEDIA_MAX = 4;
const TAGGED_MAX = 10;
/** X's. */
const EDIT_WINDOW_MS = 30 * 60_000;
const EDITS_MAX = 5;
/** The same words again within a day are refused, as far back as a busy person's last posts reach. */
const DUPLICATE_MS = 86_400_000;
const DUPLICATE_POSTS = 100;

/** What can be said of the act alone, before anybody asks the network. @throws `body-invalid`. */
export function checkShape(act: PostAct): void {
  const text = written(act.text);
  const media = act.mediaIds?.length ?? 0;
  if (text === '' && media === 0) throw unfit('A post has `text`, media, or both.');
  if (media > MEDIA_MAX) throw unfit(`A post has at most ${MEDIA_MAX} media.`);
  if ((act.taggedPersonIds?.length ?? 0) > TAGGED_MAX)
    throw unfit(`At most ${TAGGED_MAX} persons are tagged.`);
  if (act.taggedPersonIds?.length && media === 0)
    throw unfit('Persons are tagged in media, and there are none.');
  if (act.poll) checkPoll(act.poll, media);
  if (act.replyTo === undefined && act.excludeReplyPersonIds?.length)
    throw unfit('Persons can be left out of a reply only.');
  if (act.editOf !== undefined && (act.replyTo ?? act.quoteOf ?? act.poll) !== undefined)
    throw unfit('An edit changes words and media; what a post answers or quotes stays, and it gets no poll.');
}

function checkPoll({ options, durationMinutes }: PollInput, media: number): void {
  if (media > 0) throw unfit('A post has a poll or media, not both.');
  if (options.length < POLL_OPTIONS_MIN || options.length > POLL_OPTIONS_MAX)
    throw unfit(`A poll has ${POLL_OPTIONS_MIN} to ${POLL_OPTIONS_MAX} options.`);
  for (const option of options) {
    const length = [...written(option)].length;
    if (length < 1 || length > POLL_OPTION_LENGTH_MAX)
      throw unfit(`An option of a poll has 1 to ${POLL_OPTION_LENGTH_MAX} characters.`);
  }
  if (new Set(options.map(written)).size < options.length)
    throw unfit('Two options of the poll are the same.');
  const isLong = Number.isInteger(durationMinutes) && durationMinutes >= POLL_MINUTES_MIN;
  if (!isLong || durationMinutes > POLL_MINUTES_MAX)
    throw unfit(`A poll is open for ${POLL_MINUTES_MIN} to ${POLL_MINUTES_MAX} minutes.`);
}

/** What a new post is made from. */
export type PostParts = {
  author: Pick<Person, 'id' | 'username'>;
  text: string;
  parent?: Post;
  quoted?: Post;
  previous?: Post;
  media: readonly PostMedia[];
};

/** Asks all rules of the network. @throws Problem; nothing is changed. */
export function allowedParts(context: ActionContext, actorId: string, act: PostAct): PostParts {
  checkShape(act);
  const author = actorOf(context, actorId);
  const text = written(act.text);
  refuseLength(author, text);
  if (act.forSuperFollowersOnly) throw forbidden('no-subscriptions');
  // X's API shows nobody who is tagged, so what was kept could never be read.
  if (act.taggedPersonIds?.length) throw forbidden('no-tagged-persons');
  const previous = act.editOf === undefined ? undefined : editable(context, author, act.editOf);
  const parent = act.replyTo === undefined ? undefined : answerable(context, author, act.replyTo);
  const quoted = act.quoteOf === undefined ? undefined : quotable(context, author, act.quoteOf);
  if (act.placeId !== undefined && !context.posts.places([act.placeId])[0])
    throw unfit(`There is no place ${act.placeId}.`);
  const media = mediaFor(context, actorId, act);
  const parts = { author, text, parent, quoted, previous, media };
  if (!act.poll && media.length === 0) refuseDuplicate(context, parts);
  return parts;
}

/** The same for what the platform has allowed: what is not here is left out, and nothing is refused. */
export function knownParts(context: ActionContext, actorId: string, act: PostAct): PostParts {
  const known = (id: string | undefined) => (id === undefined ? undefined : livePost(context, id));
  const found = act.mediaIds?.length ? context.mediaOf(actorId, act.mediaIds) : undefined;
  return {
    author: context.posts.people([actorId])[0] ?? { id: actorId, username: '' },
    text: written(act.text),
    parent: known(act.replyTo),
    quoted: known(act.quoteOf),
    previous: known(act.editOf),
    media: found && 'media' in found ? found.media : [],
  };
}

/** The media of a post, in order. @throws `body-invalid` for what is not this person's or not ready. */
export function mediaFor(
  ground: Pick<ActionContext, 'mediaOf'>,
  actorId: string,
  { mediaIds = [] }: Pick<PostAct, 'mediaIds'>,
): readonly PostMedia[] {
  if (mediaIds.length === 0) return [];
  const found = ground.mediaOf(actorId, mediaIds);
  if ('media' in found) return found.media;
  const { id, because } = found.unusable;
  throw unfit(`Media ${id}: ${UNUSABLE[because]}.`);
}

const UNUSABLE = {
  unknown: 'this person has uploaded nothing with this id, or it has expired',
  'not-ready': 'its upload was not finished',
  mixed: 'a post has up to four photos, or one video, or one moving GIF',
  repeated: 'it is named twice',
} as const;

function quotable(context: ActionContext, author: Person, quoteOf: string): Post {
  return postFor(context, author.id, 'quote', quoteOf, forbidden('not-visible'));
}

/** The version that is replaced. @throws where it is not this person's newest, or its time or edits are used up. */
function editable(context: ActionContext, author: Person, id: string): Post {
  const previous = livePost(context, id);
  if (previous?.authorId !== author.id)
    throw seenPost(context, author.id, id) ? forbidden('not-author') : missing('post', id);
  const isRepost = previous.references.some(({ type }) => type === 'retweeted');
  if (isRepost || previous.pollIds?.length) throw forbidden('not-editable');
  if (previous.editHistory.at(-1) !== id) throw forbidden('edit-not-newest');
  if (previous.editHistory.length > EDITS_MAX) throw forbidden('edits-used-up');
  const first = previous.editHistory[0] ?? id;
  if (context.clock.now() - idTime(first) > EDIT_WINDOW_MS) throw forbidden('edit-too-late');
  return previous;
}

/** The same words to the same post are a repetition; what carries media or a poll is not only its words. */
function refuseDuplicate(
  context: ActionContext,
  { author, text, parent, quoted, previous }: PostParts,
): void {
  const wanted = referencesOf(parent?.id, quoted?.id, previous);
  const ids = context.posts.timeline(author.id, { limit: DUPLICATE_POSTS });
  for (const post of context.posts.posts(ids)) {
    if (post === undefined || post === 'deleted' || post.mediaKeys?.length || post.pollIds?.length) continue;
    if (context.clock.now() - post.createdAt >= DUPLICATE_MS) break;
    if (previous?.editHistory.includes(post.id)) continue;
    const isSame = isDeepStrictEqual(post.references, wanted) && writtenOf(post) === text;
    if (isSame) throw forbidden('duplicate-content');
  }
}

export type NewPost = { changes: Change[]; post: PostInput };

/** The changes of a new post. @param given the id and time that the platform gave it; made here where it is left out. */
export function createPost(
  context: ActionContext,
  parts: PostParts,
  act: PostAct,
  given?: { id: string; createdAt: number },
): NewPost {
  const { author, text, parent, quoted, previous, media } = parts;
  const { id, createdAt } = given ?? context.mint.next(previous?.id);
  const prefix = previous
    ? prefixOf(previous)
    : parent && !act.namesNobody
      ? replyPrefix(context, parent, author, text, act)
      : '';
  const replySettings = act.replySettings ?? previous?.replySettings;
  const pollId = act.poll && (given ? id : context.mint.next().id);
  const post: PostInput = {
    ...defaultPostInput({ id, authorId: author.id, createdAt }),
    ...compose(text, prefix),
    lang: languageOf(text),
    references: referencesOf(parent?.id ?? act.replyTo, quoted?.id ?? act.quoteOf, previous),
    ...(parent && { conversationId: parent.conversationId, inReplyToPersonId: parent.authorId }),
    ...(act.source !== undefined && { source: act.source }),
    ...(replySettings !== undefined && { replySettings }),
    ...(act.placeId !== undefined && { geo: { placeId: act.placeId } }),
    ...(media.length > 0 && { mediaKeys: media.map(({ mediaKey }) => mediaKey) }),
    ...(pollId !== undefined && { pollIds: [pollId] }),
  };
  const changes: Change[] = media.map((one) => ({ kind: 'media', media: one }));
  if (act.poll && pollId !== undefined)
    changes.push({ kind: 'poll', poll: newPoll(pollId, act.poll, createdAt) });
  changes.push(
    act.editOf === undefined
      ? { kind: 'post', post, counts: true }
      : { kind: 'edit', previousId: act.editOf, post },
  );
  return { changes, post };
}

function newPoll(id: string, { options, durationMinutes }: PollInput, createdAt: number): Poll {
  return {
    id,
    options: options.map((label, index) => ({ position: index + 1, label: written(label), votes: 0 })),
    durationMinutes,
    endsAt: createdAt + durationMinutes * 60_000,
    votingStatus: 'open',
  };
}

/** An edit changes words and media: what a post answers and quotes stays. */
function referencesOf(replyTo?: string, quoteOf?: string, previous?: Post): Reference[] {
  if (previous) return previous.references;
  const references: Reference[] = [];
  if (replyTo !== undefined) references.push({ type: 'replied_to', id: replyTo });
  if (quoteOf !== undefined) references.push({ type: 'quoted', id: quoteOf });
  return references;
}
