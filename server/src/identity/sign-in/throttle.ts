import { LRUCache } from 'lru-cache';

/** Some 200 bytes each; who makes more of them than this only pushes out the oldest. */
const KEYS_MAX = 100_000;

/** Counts tries by a key in windows of fixed length. In memory: a restart forgives, and nobody outside can cause one. */
export type Throttle = {
  /** Takes one try. @returns seconds to wait if there was none left, else 0. */
  take(key: string, now: number): number;
  /** Gives back the one try that turned out well. */
  giveBack(key: string): void;
  /** Gives back all. */
  forgive(key: string): void;
};

export function createThrottle(limit: number, windowMs: number): Throttle {
  const windows = new LRUCache<string, { since: number; tries: number }>({ max: KEYS_MAX });
  return {
    take(key, now) {
      const known = windows.get(key);
      const isOver = !known || now - known.since >= windowMs || now < known.since;
      const window = isOver ? { since: now, tries: 0 } : known;
      if (window.tries >= limit) return Math.ceil((window.since + windowMs - now) / 1_000);
      windows.set(key, { since: window.since, tries: window.tries + 1 });
      return 0;
    },
    giveBack(key) {
      const known = windows.get(key);
      if (known && known.tries > 0) windows.set(key, { ...known, tries: known.tries - 1 });
    },
    forgive(key) {
      windows.delete(key);
    },
  };
}
