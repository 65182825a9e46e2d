/** How long the drills of this folder are: set by `npm run soak` (server/test/run.ts) in the environment. */
export const isShort = process.env.PARLEY_SOAK === 'short';

/** The number to draw from. Printed by each drill, so that a failure can be repeated with `--seed`. */
export const seed = Number(process.env.PARLEY_SEED ?? Date.now() % 1_000_000);

/**
 * Rounds of a drill: as given with `--rounds`, else its short or its long form.
 * @param short for `.ci/run`. @param long for a soak by hand.
 */
export function roundsOf(short: number, long: number): number {
  return Number(process.env.PARLEY_SOAK_ROUNDS ?? (isShort ? short : long));
}

/** A drill that has not tried enough after this long ends with an error; no machine is that slow. */
const ENOUGH_MS_MAX = 120_000;
const ASK_MS = 5;

/** Resolves once `isEnough` says so, however slow the machine. @throws when it never does. */
export async function until(isEnough: () => boolean, what: string): Promise<void> {
  const started = performance.now();
  while (!isEnough()) {
    if (performance.now() - started > ENOUGH_MS_MAX) throw new Error(`${what}: not within two minutes`);
    await new Promise((resolve) => setTimeout(resolve, ASK_MS));
  }
}
