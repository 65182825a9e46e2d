/** Counts by key in fixed windows, aligned to the epoch; all of them begin anew with each window. */
export type WindowCounts = {
  /** @returns the key's count in the window of `now`. */
  count(key: string, now: number): number;
  /** Adds to it. @returns the count with what was added. */
  add(key: string, now: number, units?: number): number;
};

/** The last counter, of all keys beyond the bound; no key of a caller is empty. */
const OTHERS = '';

/** @param keysMax keys that are counted one by one; more of them in one window share a last counter, so memory stays bounded. */
export function createWindowCounts(windowMs: number, keysMax: number): WindowCounts {
  let window = Number.NaN;
  let counts = new Map<string, number>();

  function nameAt(key: string, now: number): string {
    const current = Math.floor(now / windowMs);
    if (current !== window) {
      window = current;
      counts = new Map();
    }
    return counts.has(key) || counts.size < keysMax ? key : OTHERS;
  }

  return {
    count(key, now) {
      const name = nameAt(key, now);
      return counts.get(name) ?? 0;
    },
    add(key, now, units = 1) {
      const name = nameAt(key, now);
      const count = (counts.get(name) ?? 0) + units;
      counts.set(name, count);
      return count;
    },
  };
}
