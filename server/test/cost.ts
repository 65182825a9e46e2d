/** Steps of the yardstick that make one unit: about a millisecond on the machine of the recorded results. */
const STEPS = 1_000_000;
/** Long enough that the clock's grain and a pause do not matter. */
const UNITS_MEASURED = 30;

/**
 * What `work` costs, in units of a fixed loop that runs before and after it: CPU time over CPU time, so that neither the
 * machine's speed nor what else runs on it decides a test. Counts all threads of the process.
 */
export async function costOf(work: () => unknown): Promise<number> {
  const before = unitMs();
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  const unit = Math.max(before, unitMs());
  return (user + system) / 1_000 / unit;
}

/** CPU milliseconds of one unit, now. */
function unitMs(): number {
  const start = process.cpuUsage();
  let state = 1;
  for (let step = 0; step < STEPS * UNITS_MEASURED; step += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
  }
  if (state === 0) throw new Error('xorshift never reaches 0');
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000 / UNITS_MEASURED;
}
