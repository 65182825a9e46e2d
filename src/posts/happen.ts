import type { NetworkEvent, NetworkEventKind } from './event.ts';
import { EVENTS_KEPT_MS, NEWS_MS } from './event.ts';
import { EVENT_KINDS } from './sqlite-schema.ts';
import type { Work } from './work.ts';

/** Takes `seq` and `at` away from each kind of event on its own. */
type Untold<Event> = Event extends unknown ? Omit<Event, 'seq' | 'at'> : never;
/** An event as it is noted: its number and time are given by the batch. */
export type Happening = Untold<NetworkEvent>;

const NUMBERS = new Map<NetworkEventKind, number>(EVENT_KINDS.map((kind, number) => [kind, number]));

/** Whoever asks about a post years later is told since when it is so (fate.ts). */
const REMEMBERED = new Set<NetworkEventKind>([
  'geo-scrubbed',
  'person-deleted',
  'person-protected',
  'person-suspended',
]);

/** Writes an event into the transaction that does it. */
export function happen(work: Work, { kind, ...about }: Happening): void {
  work.counters.event += 1;
  work.oldestEventAt ??= work.now;
  work.rows.putEvent(work.counters.event, work.now, NUMBERS.get(kind) ?? -1, JSON.stringify(about));
  if (REMEMBERED.has(kind)) work.rows.putSince(about.personId, NUMBERS.get(kind) ?? -1, work.now);
}

/** Did this happen just now? What is older was told by a file, and nobody waits for it. */
export function isNews(work: Work, at: number): boolean {
  return Math.abs(work.now - at) <= NEWS_MS;
}

/** Are there events that nobody needs any more? */
export function eventsExpired(work: Work): boolean {
  return work.oldestEventAt !== undefined && work.oldestEventAt < work.now - EVENTS_KEPT_MS;
}

/** The oldest events that have expired, by number. */
export function expiredEvents(work: Work, limit: number): [seq: number][] {
  return work.rows.eventsBefore(limit, work.now - EVENTS_KEPT_MS);
}

export function dropEvents(work: Work, expired: readonly [seq: number][]): void {
  for (const [seq] of expired) work.rows.dropEvent(seq);
  work.oldestEventAt = work.rows.oldestEvent()?.[0];
}
