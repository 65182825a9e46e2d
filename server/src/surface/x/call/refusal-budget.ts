import { createWindowCounts, Problem } from '#kernel';
import { quarterOf, type RateState, rateState, WINDOW_MS } from '#terms';

/** What a refused body costs is counted in units: one for the request, and one for each so many bytes held in memory … */
const UNIT_BYTES = 16 << 10;
/** … or handed on to the disk as they came, which takes the event loop a sixteenth of the time. */
const UNIT_STREAMED_BYTES = 256 << 10;
/** Of an app in a quarter of an hour: 20,000 small bodies or 300 MiB of large ones, some 1 % of the event loop's time. */
const APP_UNITS_MAX = 20_000;
/** Of an address that names an app without having proved that it is the app: 80 MiB. */
const ADDRESS_UNITS_MAX = 5_000;
/** Senders that are counted one by one; more of them in one window share a last counter, so memory stays bounded. */
const SENDERS_MAX = 50_000;

/** The sender of a body: an app, or an address that says it is one. */
export type BudgetHolder = { kind: 'app' | 'address'; key: string };

export type RefusalBudget = {
  /** Counts a request that was refused. `streamedBytes` are those that were not held in memory. */
  count(sender: BudgetHolder, body: { heldBytes: number; streamedBytes: number }, now: number): void;
  /** The answer to a sender whose budget is used up, before its body is read; undefined while something is left. */
  refusal(sender: BudgetHolder, now: number): { problem: Problem; rate: RateState } | undefined;
};

/**
 * Bounds what refused requests with a body make the event loop do: each sender has a budget for them in each quarter of an
 * hour. Requests without a body are not counted, nor refused: an app that reads goes on whatever its bodies were.
 * @param limits units of a window, of each kind of sender.
 */
export function createRefusalBudget(
  limits: Readonly<Record<BudgetHolder['kind'], number>> = { app: APP_UNITS_MAX, address: ADDRESS_UNITS_MAX },
): RefusalBudget {
  const units = createWindowCounts(WINDOW_MS, SENDERS_MAX);
  const nameOf = ({ kind, key }: BudgetHolder) => `${kind} ${key}`;

  return {
    count(sender, { heldBytes, streamedBytes }, now) {
      const cost = 1 + Math.ceil(heldBytes / UNIT_BYTES) + Math.floor(streamedBytes / UNIT_STREAMED_BYTES);
      units.add(nameOf(sender), now, cost);
    },
    refusal(sender, now) {
      const limit = limits[sender.kind];
      const used = units.count(nameOf(sender), now);
      if (used < limit) return undefined;
      const rate = rateState(limit, used, quarterOf(now));
      const { resetSeconds } = rate;
      const retryAfter = Math.max(1, Math.ceil(resetSeconds - now / 1_000));
      const whose = sender.kind === 'app' ? 'this app' : 'this address';
      const detail = `Too Many Requests: requests with a body from ${whose} were refused too often in this 15-minute window (${limit} units of ${UNIT_BYTES} bytes). Look at what the refusals say; requests without a body are answered. The window ends at ${new Date(resetSeconds * 1_000).toISOString()}.`;
      const headers = { 'retry-after': String(retryAfter), connection: 'close' };
      const fields = { detail, window_seconds: WINDOW_MS / 1_000, limit, reason: 'refused-bodies' };
      return {
        problem: new Problem('rate-limited', fields, { headers }),
        rate,
      };
    },
  };
}
