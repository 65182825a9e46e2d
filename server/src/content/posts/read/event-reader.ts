import type { DatabaseSync } from 'node:sqlite';
import type { EventReader, NetworkEvent, NetworkEventKind } from '../model/event.ts';
import { prepareAll, prepareRow } from '../store/prepared-sql.ts';
import { EVENT_KINDS } from '../store/sqlite-schema.ts';

type EventRow = [seq: number, at: number, kind: number, doc: string];

/** The reading side of events over any connection; see EventReader. */
export function eventReaderOf(db: DatabaseSync): EventReader {
  const after = prepareAll<EventRow>(
    db,
    'SELECT seq, at, kind, doc FROM events WHERE seq > ? ORDER BY seq LIMIT ?',
  );
  // A kind each: a scan over all would pass over every new post to find the few suspensions.
  const afterOfKind = prepareAll<EventRow>(
    db,
    'SELECT seq, at, kind, doc FROM events WHERE kind = ? AND seq > ? ORDER BY seq LIMIT ?',
  );
  const counter = prepareRow<[number]>(db, "SELECT value FROM counters WHERE name = 'event'");
  const oldest = prepareRow<[number]>(db, 'SELECT seq FROM events ORDER BY seq LIMIT 1');
  const at = prepareRow<[number]>(db, 'SELECT at FROM events WHERE seq = ?');
  const last = () => counter()?.[0] ?? 0;
  return {
    events({ after: seq = 0n, limit, kinds }) {
      if (!kinds) return after(seq, limit).map(decodeEvent);
      const rows = [...new Set(kinds)].flatMap((kind) => afterOfKind(numberOf(kind), seq, limit));
      rows.sort(([one], [other]) => one - other);
      return rows.slice(0, limit).map(decodeEvent);
    },
    lastEvent: () => BigInt(last()),
    lastEventBefore(moment) {
      // Numbers have no gaps and times never go back: the last one before is found by halving.
      let from = (oldest()?.[0] ?? last() + 1) - 1;
      const kept = from;
      let to = last();
      while (from < to) {
        const middle = Math.ceil((from + to) / 2);
        if ((at(middle)?.[0] ?? Number.POSITIVE_INFINITY) < moment) from = middle;
        else to = middle - 1;
      }
      return from === kept ? 0n : BigInt(from);
    },
  };
}

function numberOf(kind: NetworkEventKind): number {
  return EVENT_KINDS.indexOf(kind);
}

function decodeEvent([seq, at, kind, doc]: EventRow): NetworkEvent {
  return { seq: BigInt(seq), at, kind: EVENT_KINDS[kind], ...JSON.parse(doc) } as NetworkEvent;
}
