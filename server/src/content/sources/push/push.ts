import { isUtf8 } from 'node:buffer';
import type { Clock } from '#kernel';
import {
  type Change,
  type ChangeOutcome,
  type ChangeRefusal,
  extractEntities,
  type PostWriter,
} from '#posts';
import { BadRecord } from '../value.ts';
import { parsePushLine } from './push-line.ts';

/** One record: the same limit as in files. */
const LINE_BYTES_MAX = 1 << 20;
/** More belongs into several requests: what a lost connection makes repeat stays small. */
const LINES_MAX = 10_000;
export const BODY_BYTES_MAX = 32 << 20;
/** Lines applied together, in one transaction. */
const BATCH_CHANGES = 500;

export type PushReply = {
  /** Counted from 1, empty lines included. */
  line: number;
  status: 'created' | 'updated' | 'unchanged' | 'deleted' | 'rejected';
  /** For `rejected`: why, and which kind of reason; `limit` for what was not read any more. */
  error?: string;
  code?: ChangeRefusal | 'limit';
};

/**
 * Applies a body of NDJSON line by line and replies to each that is not empty, in order. When it resolves, all that it
 * says was done is on disk. Doing it again changes nothing.
 * @throws the writer's Problem (a full disk, too much waiting); what came before it may have been applied, so send all of
 * it again.
 */
export async function push(
  body: AsyncIterable<Buffer>,
  { writer, clock }: { writer: PostWriter; clock: Clock },
): Promise<PushReply[]> {
  const replies: PushReply[] = [];
  const reading = { now: clock.now(), entitiesOf: extractEntities };
  let batch: { reply: PushReply; changes: Change[] }[] = [];
  let waiting = 0;
  const flush = async () => {
    const outcomes = await writer.apply(batch.flatMap((one) => one.changes));
    let at = 0;
    for (const { reply, changes } of batch) {
      Object.assign(reply, summary(outcomes.slice(at, at + changes.length)));
      at += changes.length;
    }
    batch = [];
    waiting = 0;
  };
  for await (const { line, text, problem, last } of lines(body)) {
    const reply: PushReply = { line, status: 'rejected' };
    replies.push(reply);
    try {
      if (problem) throw new BadRecord(problem);
      const changes = parsePushLine(text, reading);
      if (waiting > 0 && waiting + changes.length > BATCH_CHANGES) await flush();
      batch.push({ reply, changes });
      waiting += changes.length;
    } catch (error) {
      if (!(error instanceof BadRecord)) throw error;
      reply.code = last ? 'limit' : 'invalid';
      reply.error = error.message;
    }
    if (waiting >= BATCH_CHANGES) await flush();
    if (last) break;
  }
  if (batch.length > 0) await flush();
  return replies;
}

const RANK = ['unchanged', 'deleted', 'updated', 'created'] as const;

/** What became of a line: the most that became of any of its changes, or its first refusal. */
function summary(outcomes: readonly ChangeOutcome[]): Pick<PushReply, 'status' | 'error' | 'code'> {
  const refused = outcomes.find((outcome) => outcome.status === 'refused');
  if (refused) return { status: 'rejected', code: refused.because, error: refused.reason };
  return {
    status: RANK.findLast((status) => outcomes.some((outcome) => outcome.status === status)) ?? 'unchanged',
  };
}

type Line = { line: number; text: string; problem?: string; last?: true };

/** Cuts a body into lines within the limits; the line that breaks a limit of the whole is the last. */
async function* lines(body: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let line = 0;
  let given = 0;
  let bytes = 0;
  let carry: Buffer[] = [];
  let carried = 0;
  const tooLong = () => carried > LINE_BYTES_MAX;
  const whole = (): Line | undefined => {
    line++;
    const long = tooLong();
    const buffer = long ? Buffer.alloc(0) : Buffer.concat(carry);
    carry = [];
    carried = 0;
    if (long) return { line, text: '', problem: `the line is longer than ${LINE_BYTES_MAX} bytes` };
    const text = buffer.toString('utf8').trim();
    if (text === '') return undefined;
    return isUtf8(buffer) ? { line, text } : { line, text: '', problem: 'the line is not valid UTF-8' };
  };
  for await (const chunk of body) {
    bytes += chunk.length;
    for (let start = 0; start <= chunk.length; ) {
      const end = chunk.indexOf(0x0a, start);
      const piece = chunk.subarray(start, end < 0 ? chunk.length : end);
      carried += piece.length;
      // What is too long is not kept.
      if (piece.length > 0 && !tooLong()) carry.push(piece);
      if (end < 0) break;
      const one = whole();
      start = end + 1;
      if (one && ++given > LINES_MAX) {
        yield {
          line: one.line,
          text: '',
          problem: `more than ${LINES_MAX} lines: from here on nothing was read`,
          last: true,
        };
        return;
      }
      if (one) yield one;
    }
    if (bytes > BODY_BYTES_MAX) {
      yield {
        line: line + 1,
        text: '',
        problem: `more than ${BODY_BYTES_MAX} bytes: from here on nothing was read`,
        last: true,
      };
      return;
    }
  }
  const rest = carried > 0 ? whole() : undefined;
  if (rest)
    yield ++given > LINES_MAX
      ? { ...rest, problem: `more than ${LINES_MAX} lines: this one was not read`, last: true }
      : rest;
}
