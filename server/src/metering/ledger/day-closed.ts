import { DAY_MS } from '#kernel';
import type { Projection, StateDigest } from './port.ts';

/**
 * The body of a `day-closed` entry: canonical JSON that commits to the state that the records before the entry lead to.
 * Written for each log at the first record of a new UTC day, so that counters cannot be altered without contradicting
 * the signed log: a start recomputes each one that it replays, an audit those that follow from entries.
 */
const FORMAT = 1;

export type DayClosed = {
  /** UTC day number (since 1970-01-01) of the entry before. */
  day: number;
  format: typeof FORMAT;
  /** By projection. */
  state: Record<string, StateDigest>;
};

/** @param lastTime Unix ms of the log's last entry. */
export function dayClosedBody(log: string, lastTime: number, projections: readonly Projection[]): Buffer {
  const digests = projections.map(({ name, digest }) => [name, sorted(digest(log))] as const);
  const state = Object.fromEntries(digests.sort(([a], [b]) => (a < b ? -1 : 1)));
  const body: DayClosed = { day: Math.floor(lastTime / DAY_MS), format: FORMAT, state };
  return Buffer.from(JSON.stringify(body));
}

function sorted({ days, sha256 }: StateDigest): StateDigest {
  return days ? { days, sha256 } : { sha256 };
}

/** Undefined for a body of a later format. @throws RangeError for one that is none. */
export function readDayClosed(body: Uint8Array): DayClosed | undefined {
  let read: Partial<Omit<DayClosed, 'format'>> & { format?: unknown };
  try {
    read = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    throw new RangeError('the body of a day-closed entry is not JSON');
  }
  if (typeof read !== 'object' || read === null || !Number.isSafeInteger(read.format)) {
    throw new RangeError('the body of a day-closed entry has no format');
  }
  if (read.format !== FORMAT) return undefined;
  const digests =
    typeof read.state === 'object' && read.state !== null ? Object.values(read.state) : undefined;
  if (
    !Number.isSafeInteger(read.day) ||
    !digests?.every((digest) => typeof digest === 'object' && typeof digest?.sha256 === 'string')
  ) {
    throw new RangeError('the body of a day-closed entry does not read');
  }
  return read as DayClosed;
}

/**
 * How a log's state differs from what a `day-closed` entry commits to; undefined if it agrees. Digests of projections
 * that are not there any more say nothing.
 * @param mustNameAll true where the entry has to confirm a snapshot: then it names every projection.
 */
export function contradiction(
  body: Uint8Array,
  log: string,
  lastTime: number,
  projections: readonly Projection[],
  mustNameAll: boolean,
): string | undefined {
  const closed = readDayClosed(body);
  if (closed === undefined) return mustNameAll ? 'the entry is of a later format' : undefined;
  if (closed.day !== Math.floor(lastTime / DAY_MS)) return 'the entry closes another day';
  for (const { name, digest } of projections) {
    const committed = Object.hasOwn(closed.state, name) ? closed.state[name] : undefined;
    if (committed === undefined && !mustNameAll) continue;
    const found = sorted(digest(log));
    if (committed?.sha256 !== found.sha256 || String(committed.days) !== String(found.days)) {
      return `${name} differs from what the entry commits to`;
    }
  }
  return undefined;
}
