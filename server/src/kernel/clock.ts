/** Where time comes from. Handed in, never global, so that tests can move it. */
export type Clock = {
  /** Unix milliseconds. May jump in either direction, as a machine's clock does. */
  now(): number;
};

export const systemClock: Clock = { now: () => Date.now() };

export const DAY_MS = 86_400_000;

/** A clock that stands still until it is moved. */
export type TestClock = Clock & { set(ms: number): void; advance(ms: number): void };

/** @param ms Unix milliseconds at which it starts. */
export function testClock(ms: number): TestClock {
  let now = ms;
  return {
    now: () => now,
    set: (to) => {
      now = to;
    },
    advance: (by) => {
      now += by;
    },
  };
}

/** The UTC day that holds a moment, as `2026-11-21`. */
export function utcDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Parses `YYYY-MM-DD` to the UTC midnight it names, in Unix ms; undefined if it is not a real day. */
export function parseDay(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const ms = Date.parse(`${text}T00:00:00.000Z`);
  return Number.isNaN(ms) || utcDay(ms) !== text ? undefined : ms;
}
