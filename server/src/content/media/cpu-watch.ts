import { readFileSync } from 'node:fs';

/** Often enough for a limit of tens of seconds. */
const EVERY_MS = 2_000;
/** What the kernel counts in (USER_HZ); it tells programs hundredths on every architecture that Node runs on. */
const TICKS_A_SECOND = 100;

/** User and system time of a process and its threads (proc(5), stat); undefined where the system does not tell. */
export function cpuSecondsOf(pid: number | undefined): number | undefined {
  if (process.platform !== 'linux' || pid === undefined) return undefined;
  try {
    // The name of the program comes in parentheses and may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
  } catch {
    // It has ended.
    return undefined;
  }
}

/**
 * Tells once a process has taken more CPU time than it may from now on. A process that only waits for its turn on a busy
 * machine takes none. Where the system does not tell, nothing is watched: then the process's own account has to do.
 */
export function watchCpu(
  pid: number | undefined,
  secondsMax: number,
  exceeded: () => void,
): { stop(): void } {
  const begun = cpuSecondsOf(pid);
  if (begun === undefined) return { stop() {} };
  const timer = setInterval(() => {
    const now = cpuSecondsOf(pid);
    if (now === undefined || now - begun <= secondsMax) return;
    clearInterval(timer);
    exceeded();
  }, EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
