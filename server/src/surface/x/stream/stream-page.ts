import type { Post } from '#posts';
import { type OpenStream, type PostStream, type Presented, type Rule, STREAM_REACH_MS } from '#streams';
import { body, type KeptItems, keptErrors, refusedFields, writeIncludes } from '../answer/body.ts';
import type { Hydrated } from '../answer/gathered.ts';
import { hydratePosts } from '../answer/hydrate.ts';
import { inDialect } from '../call/dialect.ts';
import { LINE_END } from '../call/stream-call.ts';
import type { OperationContext, OperationDeps } from '../operation.ts';
import { type FieldSelection, POST_SELECTION, postSelection } from '../params/field-selection.ts';
import { invalid, invalidRequest, minuteOf } from '../params/invalid.ts';
import type { InDialect, Parameter, Parameters, Values } from '../params/parameter.ts';

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
  ...POST_SELECTION,
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

export type StreamQuery = {
  fields: FieldSelection;
  backfillMinutes: number;
  startTime?: number;
  endTime?: number;
};

export function prepareStream(values: Values<typeof STREAM_PARAMETERS> & InDialect): StreamQuery {
  const { backfillMinutes, startTime, endTime } = values;
  return { fields: postSelection(values), backfillMinutes, startTime, endTime };
}

/**
 * When the stream begins and ends, as X's streams check it.
 * @param reachMs how far back it may begin. @returns Unix ms; undefined is live.
 */
export function streamSpan(
  { backfillMinutes, startTime, endTime }: Omit<StreamQuery, 'fields'>,
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
export function opensPosts<Query extends StreamQuery>(
  stream: PostOpens['stream'],
  select: (query: Query) => PostOpens['selection'],
) {
  return (
    { query, audience, now }: OperationContext<Query>,
    world: Pick<OperationDeps, 'jsonCache'>,
  ): PostOpens => ({
    stream,
    selection: select(query),
    ...streamSpan(query, now),
    present: linePresenter(query.fields, audience, world),
  });
}

/** A delivery, as far as its line needs it. */
type Shown = { post: Post; rules: readonly Pick<Rule, 'id' | 'tag'>[] };

/** Makes a line of each delivery: the post, what it brings along, and the rules that it matches. */
export function linePresenter(
  fields: FieldSelection,
  audience: OperationContext<unknown>['audience'],
  { jsonCache }: Pick<OperationDeps, 'jsonCache'>,
) {
  return (deliveries: readonly Shown[]): Presented => {
    // Each line stands alone: two posts of one person bring the person twice, and it is billed once.
    const gathered = deliveries.map(({ post }) => hydratePosts(jsonCache, [post], fields, audience));
    return {
      groups: gathered.flatMap(({ groups }) => groups),
      lines: (charge) =>
        deliveries
          .slice(0, charge.kept)
          .map(({ post, rules }, at) => line(post, rules, gathered[at]!, charge)),
    };
  };

  function line(post: Post, rules: Shown['rules'], hydrated: Hydrated, { dropped }: KeptItems): string {
    const kept = { kept: 1, dropped };
    const text = body({
      data: jsonCache.postJson(post, fields.post, fields.dialect),
      includes: writeIncludes(jsonCache, hydrated, fields, kept),
      errors: [
        ...keptErrors(hydrated, fields, kept),
        ...refusedFields(fields, 'id', [post], hydrated.includes, kept),
      ],
    });
    const json = inDialect(text, fields.dialect);
    if (rules.length === 0) return json + LINE_END;
    return `${json.slice(0, -1)},"matching_rules":${JSON.stringify(rules.map(({ id, tag }) => ({ id, tag })))}}${LINE_END}`;
  }
}
