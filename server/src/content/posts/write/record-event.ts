import type { NetworkEvent, NetworkEventKind } from '../model/event.ts';
import { EVENTS_KEPT_MS, NEWS_MS } from '../model/event.ts';
import { EVENT_KINDS } from '../store/sqlite-schema.ts';
import type { WriteContext } from './write-context.ts';

/** Takes `seq` and `at` away from each kind of event on its own. */
type Untold<Event> = Event extends unknown ? Omit<Event, 'seq' | 'at'> : never;
/** An event as it is noted: its number and time are given by the batch. */
export type EventDraft = Untold<NetworkEvent>;

const NUMBERS = new Map<NetworkEventKind, number>(EVENT_KINDS.map((kind, number) => [kind, number]));

/** Whoever asks about a post years later is told since when it is so (fate.ts). */
const REMEMBERED = new Set<NetworkEventKind>([
  'geo-scrubbed',
  'person-deleted',
  'person-protected',
  'person-suspended',
]);

/** Writes an event into the transaction that does it. */
export function recordEvent(tx: WriteContext, { kind, ...about }: EventDraft): void {
  tx.counters.event += 1;
  tx.oldestEventAt ??= tx.now;
  tx.rows.putEvent(tx.counters.event, tx.now, NUMBERS.get(kind) ?? -1, JSON.stringify(about));
  if (REMEMBERED.has(kind)) tx.rows.putSince(about.personId, NUMBERS.get(kind) ?? -1, tx.now);
}

/** Did this happen just now? What is older was told by a file, and nobody waits for it. */
export function isNews(tx: WriteContext, at: number): boolean {
  return Math.abs(tx.now - at) <= NEWS_MS;
}

/** Are there events that nobody needs any more? */
export function eventsExpired(tx: WriteContext): boolean {
  return tx.oldestEventAt !== undefined && tx.oldestEventAt < tx.now - EVENTS_KEPT_MS;
}

/** The oldest events that have expired, by number. */
export function expiredEvents(tx: WriteContext, limit: number): [seq: number][] {
  return tx.rows.eventsBefore(limit, tx.now - EVENTS_KEPT_MS);
}

export function dropEvents(tx: WriteContext, expired: readonly [seq: number][]): void {
  for (const [seq] of expired) tx.rows.dropEvent(seq);
  tx.oldestEventAt = tx.rows.oldestEvent()?.[0];
}
