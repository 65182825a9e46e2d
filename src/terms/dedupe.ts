import { DAY_MS } from '#kernel';
import type { Item, JournalRecord, Projection } from '#ledger';
import { IdSet, type IdSetShape } from './id-set.ts';

/**
 * UTC days whose ids are kept: today, the day before for a clock that is set back, and two for a clock that
 * jumped. The least recently billed day goes first, whatever its date.
 */
const DAYS_MAX = 4;

type AppIds = { posts: IdSet; persons: IdSet };
type Days = Map<number, Map<string, AppIds>>;

/** What each app was billed on each UTC day: the same resource is billed once a day. */
export type Dedupe = Projection & {
  /** The sets of the UTC day of `time`; undefined when nothing was billed yet. Not to be changed. */
  of(appId: string, time: number): AppIds | undefined;
  /** Remembers the billed ones of what an app was given at `time`: what `apply` does with a call. */
  bill(appId: string, time: number, items: readonly Item[]): void;
};

export function createDedupe(): Dedupe {
  let days: Days = new Map();
  // The day at the end of the map: nearly every call is of the same one as the call before.
  let lastNumber = Number.NaN;
  let lastDay = new Map<string, AppIds>();

  function dayOf(time: number): Map<string, AppIds> {
    const number = Math.floor(time / DAY_MS);
    if (number === lastNumber) return lastDay;
    let day = days.get(number);
    if (day)
      days.delete(number); // to the end: the most recently billed
    else if (days.size >= DAYS_MAX) days.delete(days.keys().next().value!);
    day ??= new Map();
    days.set(number, day);
    lastNumber = number;
    lastDay = day;
    return day;
  }

  function bill(appId: string, time: number, items: readonly Item[]): void {
    let ids: AppIds | undefined;
    for (const item of items) {
      if (!item.billed) continue;
      ids ??= idsOf(dayOf(time), appId);
      (item.kind === 'post' ? ids.posts : ids.persons).add(item.id);
    }
  }

  return {
    name: 'terms-dedupe',
    of: (appId, time) => days.get(Math.floor(time / DAY_MS))?.get(appId),
    bill,
    apply(record: JournalRecord) {
      if (record.type === 'call') bill(record.app, record.time, record.items);
    },
    load(state) {
      days = state ? decode(state) : new Map();
      lastNumber = Number.NaN;
    },
    dump: () => encode(days),
  };
}

function idsOf(day: Map<string, AppIds>, appId: string): AppIds {
  let ids = day.get(appId);
  if (!ids) {
    ids = { posts: new IdSet(), persons: new IdSet() };
    day.set(appId, ids);
  }
  return ids;
}

/** Dump: length of the header (4 bytes, little-endian), the header as JSON, the tables of all sets in its order. */
const FORMAT = 1;
type Header = {
  format: number;
  days: [day: number, apps: [appId: string, posts: IdSetShape, persons: IdSetShape][]][];
};

function encode(days: Days): Uint8Array {
  const tables: Uint8Array[] = [];
  const header: Header = {
    format: FORMAT,
    days: [...days].map(([day, apps]) => [
      day,
      [...apps].map(([appId, { posts, persons }]) => {
        tables.push(...posts.tables(), ...persons.tables());
        return [appId, posts.shape(), persons.shape()];
      }),
    ]),
  };
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat([length, json, ...tables]);
}

function decode(state: Uint8Array): Days {
  const bytes = Buffer.from(state.buffer, state.byteOffset, state.byteLength);
  const headerEnd = 4 + bytes.readUInt32LE();
  const header = JSON.parse(bytes.toString('utf8', 4, headerEnd)) as Header;
  if (header.format !== FORMAT)
    throw new Error(`dedupe sets of format ${header.format}; this Parley reads ${FORMAT}`);
  let at = headerEnd;
  const next = (length: number) => {
    if (at + length > bytes.length) throw new Error('dedupe sets end too early');
    at += length;
    return bytes.subarray(at - length, at);
  };
  return new Map(
    header.days.map(([day, apps]) => [
      day,
      new Map(
        apps.map(([appId, posts, persons]) => [
          appId,
          { posts: IdSet.load(posts, next), persons: IdSet.load(persons, next) },
        ]),
      ),
    ]),
  );
}
