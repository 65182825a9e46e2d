import type { Post } from '#posts';
import { type OpenStream, type PostStream, type Presented, type Rule, STREAM_REACH_MS } from '#streams';
import { body, type Kept, keptErrors, refusedFields, writeIncludes } from '../answer/body.ts';
import { gatherForPosts } from '../answer/gather.ts';
import type { Gathered } from '../answer/gathered.ts';
import { type Ask, askOfPosts, POST_ASK } from '../ask/ask.ts';
import { invalid, invalidRequest, minuteOf } from '../ask/invalid.ts';
import type { InDialect, Parameter, Parameters, Values } from '../ask/parameter.ts';
import { inDialect } from '../call/dialect.ts';
import { LINE_END } from '../call/stream-call.ts';
import type { Asked, World } from '../operation.ts';

/** Clients that ask for exactly a day compute it a moment before the request arrives. */
const GRACE_MS = 60_000;

/** The parameters of every stream of posts. */
export const STREAM_PARAMETERS = {
  backfillMinutes: {
    name: 'backfill_minutes',
    kind: 'integer',
    min: 0,
    max: 5,
    fallback: 0,
    about: 'Begin with the posts of the last minutes; those delivered before today are free.',
  },
  startTime: {
    name: 'start_time',
    kind: 'time',
    about: 'Begin with the posts since this moment, at most 24 hours ago. RFC 3339.',
  },
  endTime: {
    name: 'end_time',
    kind: 'time',
    about: 'End with the posts of this moment, which has passed; without it the stream goes on live.',
  },
  ...POST_ASK,
} as const satisfies Parameters;

/** Which part of a stream a connection is to get; whoever wants all of it opens one connection a part. */
export function partitionOf<const Parts extends number>(parts: Parts, about: string) {
  return {
    name: 'partition',
    kind: 'integer',
    min: 1,
    max: parts,
    required: true,
    fallback: 1,
    about,
  } as const satisfies Parameter;
}

export type StreamAsked = { ask: Ask; backfillMinutes: number; startTime?: number; endTime?: number };

export function prepareStream(values: Values<typeof STREAM_PARAMETERS> & InDialect): StreamAsked {
  const { backfillMinutes, startTime, endTime } = values;
  return { ask: askOfPosts(values), backfillMinutes, startTime, endTime };
}

/**
 * When the stream begins and ends, as X's streams check it.
 * @param reachMs how far back it may begin. @returns Unix ms; undefined is live.
 */
export function streamSpan(
  { backfillMinutes, startTime, endTime }: Omit<StreamAsked, 'ask'>,
  now: number,
  reachMs: number = STREAM_REACH_MS,
): { from?: number; until?: number } {
  const wrong = (name: string, ms: number, why: string) =>
    invalidRequest([
      invalid(name, [minuteOf(ms)], `Invalid '${name}':'${minuteOf(ms)}'. '${name}' must be ${why}`),
    ]);
  const earliest = now - reachMs;
  if (startTime !== undefined && startTime < earliest - GRACE_MS)
    throw wrong('start_time', startTime, `on or after ${minuteOf(earliest)}`);
  if (startTime !== undefined && startTime > now) throw wrong('start_time', startTime, 'in the past.');
  if (endTime !== undefined && endTime > now) throw wrong('end_time', endTime, 'in the past.');
  const from = startTime ?? (backfillMinutes > 0 ? now - backfillMinutes * 60_000 : undefined);
  if (endTime !== undefined && (from === undefined || endTime <= from))
    throw wrong('end_time', endTime, "after 'start_time'.");
  return { from: from === undefined ? undefined : Math.max(from, earliest), until: endTime };
}

/** Opening a stream delivers nothing. */
export const OPENING = { groups: [], present: () => body({}) };

/** What all declarations of a stream of posts have in common. */
export const POST_STREAM = {
  tag: 'Streams',
  auth: ['app'],
  answer: 'StreamLine',
  keepsClassicWords: true,
  read: () => OPENING,
} as const;

type PostOpens = Pick<OpenStream, 'stream' | 'from' | 'until'> & PostStream;

/** How a stream of posts opens. @param select what of all posts its connections get. */
export function opensPosts<Query extends StreamAsked>(
  stream: PostOpens['stream'],
  select: (query: Query) => PostOpens['selection'],
) {
  return ({ query, audience, now }: Asked<Query>, world: Pick<World, 'shelf'>): PostOpens => ({
    stream,
    selection: select(query),
    ...streamSpan(query, now),
    present: linePresenter(query.ask, audience, world),
  });
}

/** A delivery, as far as its line needs it. */
type Shown = { post: Post; rules: readonly Pick<Rule, 'id' | 'tag'>[] };

/** Makes a line of each delivery: the post, what it brings along, and the rules that it matches. */
export function linePresenter(
  ask: Ask,
  audience: Asked<unknown>['audience'],
  { shelf }: Pick<World, 'shelf'>,
) {
  return (deliveries: readonly Shown[]): Presented => {
    // Each line stands alone: two posts of one person bring the person twice, and it is billed once.
    const gathered = deliveries.map(({ post }) => gatherForPosts(shelf, [post], ask, audience));
    return {
      groups: gathered.flatMap(({ groups }) => groups),
      lines: (charge) =>
        deliveries
          .slice(0, charge.kept)
          .map(({ post, rules }, at) => line(post, rules, gathered[at]!, charge)),
    };
  };

  function line(post: Post, rules: Shown['rules'], gathered: Gathered, { dropped }: Kept): string {
    const kept = { kept: 1, dropped };
    const text = body({
      data: shelf.postJson(post, ask.post, ask.dialect),
      includes: writeIncludes(shelf, gathered, ask, kept),
      errors: [
        ...keptErrors(gathered, ask, kept),
        ...refusedFields(ask, 'id', [post], gathered.includes, kept),
      ],
    });
    const json = inDialect(text, ask.dialect);
    if (rules.length === 0) return json + LINE_END;
    return `${json.slice(0, -1)},"matching_rules":${JSON.stringify(rules.map(({ id, tag }) => ({ id, tag })))}}${LINE_END}`;
  }
}
