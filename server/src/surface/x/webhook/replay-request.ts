import { REPLAY_REACH_MS } from '#webhooks';
import type { OperationContext, OperationDeps, ReadResult } from '../operation.ts';
import { invalid, invalidRequest } from '../params/invalid.ts';
import { isoTime } from '../present/field.ts';
import { dataAnswer, readMinute } from './webhook-page.ts';

const MINUTE_MS = 60_000;

/** A time within the last 24 hours. Both minutes are included, as X's newer document has it. */
function windowOf(
  { from: first, to: last }: { from: unknown; to: unknown },
  now: number,
): { from: number; to: number } {
  const from = readMinute('from_date', first);
  const to = readMinute('to_date', last) + MINUTE_MS;
  const refuse = (name: string, why: string): never => {
    throw invalidRequest([invalid(name, [String(name === 'from_date' ? first : last)], why)]);
  };
  if (from >= to) refuse('from_date', '`from_date` must not be after `to_date`');
  if (from < now - REPLAY_REACH_MS - MINUTE_MS)
    refuse('from_date', '`from_date` must be within the past 24 hours');
  if (to > now) refuse('to_date', '`to_date` is not in the past');
  return { from, to };
}

export function checkReplay(
  { now }: OperationContext<unknown>,
  window: { from: unknown; to: unknown },
): void {
  windowOf(window, now);
}

export function beginReplay(
  { admission, now }: OperationContext<unknown>,
  { webhooks }: OperationDeps,
  webhookId: string,
  window: { from: unknown; to: unknown },
): ReadResult {
  const { from, to } = windowOf(window, now);
  const { jobId, createdAt } = webhooks.replay(admission.caller.appId, webhookId, from, to);
  return dataAnswer({ job_id: jobId, created_at: isoTime(createdAt) });
}
