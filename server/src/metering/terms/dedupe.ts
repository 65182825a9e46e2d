import { createHash } from 'node:crypto';
import { DAY_MS } from '#kernel';
import type { Item, JournalRecord, Projection, StateDigest } from '#ledger';
import { IdSet, type IdSetShape } from './id-set.ts';

/**
 * UTC days whose ids are kept, the most recently billed ones, whatever their dates: a clock that jumps and is set
 * right finds each day as it left it. These are kept whatever they hold: today, the day before, two of a jump.
 */
const DAYS_MIN = 4;
/** More days, over a month back, as long as all of them together hold no more ids than this (about 5 MB). */
const DAYS_MAX = 40;
const IDS_MAX = 250_000;

type AppIds = { posts: IdSet; persons: IdSet };
type Days = Map<number, Map<string, AppIds>>;

/** What each app was billed on each UTC day: the same resource is billed once a day. */
export type Dedupe = Projection & {
  /** The sets of the UTC day of `time`; undefined when nothing was billed yet. Not to be changed. */
  of(appId: string, time: number): AppIds | undefined;
  /** Remembers the billed ones of what an app was given at `time`: what `apply` does with a call. */
  bill(appId: string, time: number, items: readonly Item[]): void;
  /** Of what these apps (sorted) were billed. @param only the days that count; all that are kept unless given. */
  digestOf(apps: readonly string[], only?: readonly number[]): StateDigest & { days: number[] };
};

/**
 * @param onForgotten hears the number of a UTC day whose ids are kept no more.
 * @param appsOf the apps of a log, sorted.
 */
export function createDedupe(
  onForgotten: (day: number) => void = () => {},
  appsOf: (log: string) => readonly string[] = () => [],
): Dedupe {
  let days: Days = new Map();
  // The day at the end of the map: nearly every call is of the same one as the call before.
  let lastNumber = Number.NaN;
  let lastDay = new Map<string, AppIds>();

  /** Makes room for one more day. */
  function forget(): void {
    let ids = 0;
    for (const day of days.values()) ids += sizeOf(day);
    for (const [number, day] of days) {
      if (days.size < DAYS_MIN || (days.size < DAYS_MAX && ids <= IDS_MAX)) return;
      days.delete(number);
      ids -= sizeOf(day);
      onForgotten(number);
    }
  }

  function dayOf(time: number): Map<string, AppIds> {
    const number = Math.floor(time / DAY_MS);
    if (number === lastNumber) return lastDay;
    let day = days.get(number);
    if (day)
      days.delete(number); // to the end: the most recently billed
    else forget();
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

  function digestOf(apps: readonly string[], only?: readonly number[]): { days: number[]; sha256: string } {
    const hash = createHash('sha256');
    const found: number[] = [];
    for (const number of [...days.keys()].sort((a, b) => a - b)) {
      if (only && !only.includes(number)) continue;
      const day = days.get(number)!;
      const sets = apps.filter((appId) => day.has(appId));
      if (sets.length > 0) found.push(number);
      for (const appId of sets) {
        const { posts, persons } = day.get(appId)!;
        hash.update(JSON.stringify([number, appId, posts.digest(), persons.digest()]));
      }
    }
    return { days: found, sha256: hash.digest('hex') };
  }

  return {
    name: 'terms-dedupe',
    digest: (log) => digestOf(appsOf(log)),
    digestOf,
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

function sizeOf(day: Map<string, AppIds>): number {
  let size = 0;
  for (const { posts, persons } of day.values()) size += posts.size + persons.size;
  return size;
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
