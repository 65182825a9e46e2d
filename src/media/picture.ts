import { type ChildProcess, fork } from 'node:child_process';
import { Problem } from '#kernel';
import { DECODE_SECONDS_MAX, DECODE_WAITING_MAX } from './limits.ts';

/** All paths are of files that this room named. `preview` is written for what moves. */
export type PictureJob = { from: string; to: string; preview: string; type: string };
export type Picture = { width: number; height: number; moves: boolean; size: number; durationMs?: number };
export type FromDecoder =
  | { picture: Picture }
  | { refused: string; why: string }
  | { failed: string; code: string };

/** The file cannot be a picture; `message` says why, for people. */
export class PictureRefused extends Error {}

export type Decoder = {
  /** @throws PictureRefused; Problem `overloaded` when too many wait; the file system's error. */
  make(job: PictureJob): Promise<Picture>;
  close(): void;
};

/** As many as cores that may be spared on a small machine; a process that dies takes one picture with it. */
const PROCESSES_MAX = 2;
/** A process that had nothing to do for so long gives its 60 MB back. */
const IDLE_MS = 30_000;
/** The decoder keeps its own time; one that does not even do that is killed. */
const KILL_MS = (DECODE_SECONDS_MAX + 10) * 1_000;
const RETRY_AFTER_SECONDS = 5;

type Waiting = { job: PictureJob; resolve(picture: Picture): void; reject(error: unknown): void };

/** Pictures are decoded in processes that are started when there is work. @param log for what died. */
export function openDecoder(log: (message: string, cause?: unknown) => void): Decoder {
  const queue: Waiting[] = [];
  const idle = new Map<ChildProcess, NodeJS.Timeout>();
  const all = new Set<ChildProcess>();
  let closed = false;

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
      next();
    });
    return child;
  }

  function rest(child: ChildProcess): void {
    if (closed || !child.connected) return;
    child.unref();
    child.channel?.unref();
    idle.set(child, setTimeout(() => child.kill('SIGKILL'), IDLE_MS).unref());
    next();
  }

  function take(): ChildProcess | undefined {
    const [resting] = idle.keys();
    if (!resting) return all.size < PROCESSES_MAX ? start() : undefined;
    clearTimeout(idle.get(resting));
    idle.delete(resting);
    resting.ref();
    resting.channel?.ref();
    return resting;
  }

  function next(): void {
    if (closed || queue.length === 0) return;
    const child = take();
    if (!child) return;
    const { job, resolve, reject } = queue.shift()!;
    const late = setTimeout(() => child.kill('SIGKILL'), KILL_MS);
    const settle = (act: () => void) => {
      clearTimeout(late);
      child.removeAllListeners('message');
      child.removeAllListeners('error');
      child.off('exit', died);
      act();
    };
    const died = (code: number | null, signal: string | null) => {
      log(`the picture decoder ended (${signal ?? code}); the picture that it had is refused`);
      settle(() => reject(closed ? overloaded() : new PictureRefused('it cannot be decoded')));
    };
    child.once('exit', died);
    child.once('error', (error) => settle(() => reject(error)));
    child.once('message', (message: FromDecoder) => {
      settle(() => {
        if ('picture' in message) resolve(message.picture);
        else if ('refused' in message) reject(new PictureRefused(message.refused, { cause: message.why }));
        else reject(Object.assign(new Error(message.failed), { code: message.code }));
      });
      rest(child);
    });
    child.send(job);
  }

  return {
    make(job) {
      if (closed || queue.length >= DECODE_WAITING_MAX) return Promise.reject(overloaded());
      return new Promise((resolve, reject) => {
        queue.push({ job, resolve, reject });
        next();
      });
    },
    close() {
      closed = true;
      for (const waiting of queue.splice(0)) waiting.reject(overloaded());
      for (const child of all) child.kill('SIGKILL');
    },
  };
}

function overloaded(): Problem {
  return new Problem('overloaded', {}, { headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } });
}
