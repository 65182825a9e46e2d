import { type ChildProcess, fork } from 'node:child_process';
import { createFairQueue, overloaded } from '#kernel';
import { watchCpu } from './cpu-watch.ts';
import {
  DECODE_CPU_SECONDS_MAX,
  DECODE_WAITING_A_PERSON_MAX,
  DECODE_WAITING_AN_APP_MAX,
  DECODE_WAITING_MAX,
} from './limits.ts';
import type { MediaSender } from './port.ts';

/** All paths are of files that this module named. `preview` is written for what moves. */
export type PictureJob = { from: string; to: string; preview: string; type: string };
/** What a decoder is given. */
export type ToDecoder = PictureJob & { cpuSecondsMax: number };
export type Picture = { width: number; height: number; moves: boolean; size: number; durationMs?: number };
export type FromDecoder =
  | { picture: Picture }
  /** `ends`: it cannot break off what it is at, and ends itself. */
  | { refused: string; why: string; ends?: true }
  | { failed: string; code: string };

/** The file cannot be a picture; `message` says why, for people. */
export class PictureRefused extends Error {}

export type Decoder = {
  /**
   * @param sender whose turn it takes: apps take turns, and each app's persons.
   * @param heavy takes seconds: one such picture is decoded at a time, so that others never wait for two.
   * @throws PictureRefused; Problem `overloaded` when too many wait; the file system's error.
   */
  make(job: PictureJob, sender: MediaSender, heavy: boolean): Promise<Picture>;
  state(): { waiting: number; running: number };
  close(): void;
};

/** As many as cores that may be spared on a small machine; a process that dies takes one picture with it. */
const PROCESSES_MAX = 2;
const HEAVY_AT_ONCE = PROCESSES_MAX - 1;
/** A process that had nothing to do for so long gives its 60 MB back. */
const IDLE_MS = 30_000;
/** The decoder keeps account of its own CPU time; one that does not even do that is killed after so much more. */
const CPU_SECONDS_BEYOND = 10;
const RETRY_AFTER_SECONDS = 5;

/**
 * Pictures are decoded in processes that are started when there is work. What a picture may take is CPU time, never time by
 * the clock: a slow or busy machine refuses nothing that a fast one takes.
 * @param log for what died. @param cpuSecondsMax of one picture; for tests.
 */
export function openDecoder(
  log: (message: string, cause?: unknown) => void,
  cpuSecondsMax = DECODE_CPU_SECONDS_MAX,
): Decoder {
  const queue = createFairQueue({
    atOnce: PROCESSES_MAX,
    heavyAtOnce: HEAVY_AT_ONCE,
    waitingMax: DECODE_WAITING_MAX,
    waitingEachMax: DECODE_WAITING_AN_APP_MAX,
    waitingMemberMax: DECODE_WAITING_A_PERSON_MAX,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
  const closing = new AbortController();
  const idle = new Map<ChildProcess, NodeJS.Timeout>();
  const all = new Set<ChildProcess>();

  function start(): ChildProcess {
    const child = fork(new URL('./picture-child.ts', import.meta.url), {
      // No secret of the environment, and fewer arenas for the allocator to spread over.
      env: { MALLOC_ARENA_MAX: '2' },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    all.add(child);
    child.once('exit', () => {
      all.delete(child);
      clearTimeout(idle.get(child));
      idle.delete(child);
    });
    return child;
  }

  function rest(child: ChildProcess): void {
    if (closing.signal.aborted || !child.connected) return;
    child.unref();
    child.channel?.unref();
    const end = () => {
      idle.delete(child);
      child.kill('SIGKILL');
    };
    idle.set(child, setTimeout(end, IDLE_MS).unref());
  }

  function take(): ChildProcess {
    const [resting] = idle.keys();
    if (!resting) return start();
    clearTimeout(idle.get(resting));
    idle.delete(resting);
    resting.ref();
    resting.channel?.ref();
    return resting;
  }

  function decode(job: PictureJob): Promise<Picture> {
    if (closing.signal.aborted) return Promise.reject(overloaded(RETRY_AFTER_SECONDS));
    const child = take();
    return new Promise((resolve, reject) => {
      const watch = watchCpu(child.pid, cpuSecondsMax + CPU_SECONDS_BEYOND, () => child.kill('SIGKILL'));
      const settle = (act: () => void) => {
        watch.stop();
        child.removeAllListeners('message');
        child.removeAllListeners('error');
        child.off('exit', died);
        act();
      };
      const died = (code: number | null, signal: string | null) => {
        log(`the picture decoder ended (${signal ?? code}); the picture that it had is refused`);
        settle(() =>
          reject(
            closing.signal.aborted
              ? overloaded(RETRY_AFTER_SECONDS)
              : new PictureRefused('it cannot be decoded'),
          ),
        );
      };
      child.once('exit', died);
      child.once('error', (error) => settle(() => reject(error)));
      child.once('message', (message: FromDecoder) => {
        settle(() => {
          if ('picture' in message) resolve(message.picture);
          else if ('refused' in message) reject(new PictureRefused(message.refused, { cause: message.why }));
          else reject(Object.assign(new Error(message.failed), { code: message.code }));
        });
        if ('ends' in message) child.kill('SIGKILL');
        else rest(child);
      });
      child.send({ ...job, cpuSecondsMax } satisfies ToDecoder);
    });
  }

  return {
    async make(job, { appId, personId }, heavy) {
      try {
        return await queue.run({ tenant: appId, member: personId }, () => decode(job), {
          heavy,
          signal: closing.signal,
        });
      } catch (error) {
        throw error === closing.signal.reason ? overloaded(RETRY_AFTER_SECONDS) : error;
      }
    },
    state: queue.state,
    close() {
      closing.abort();
      for (const child of all) child.kill('SIGKILL');
    },
  };
}
