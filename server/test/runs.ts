/** A quarter is enough to notice a fault soon; CI, `npm run fuzz` and `npm run soak` draw all. */
const SHARE = Number(process.env.PARLEY_TEST_RUNS ?? 0.25);
const RUNS_MIN = 20;

/** How often a property is tried here, of `all` times in CI (`PARLEY_TEST_RUNS=1`). */
export function runs(all: number): number {
  return Math.max(Math.min(all, RUNS_MIN), Math.ceil(all * SHARE));
}
