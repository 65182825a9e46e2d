import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { JobStatus } from './port.ts';

/** Where uploads and results lie: `<id>.ids` and `<id>.ndjson` in one folder. */
export type JobFiles = {
  input(id: string): string;
  output(id: string): string;
  /** Without the result, when the job is complete. */
  remove(id: string, which: 'input' | 'both'): void;
  /** Files that were made are there after a power cut, too. */
  sync(): void;
};

/** @param statusOf the job's; what no job has use for goes: a crash may lie between a row and its files. */
export function openJobFiles(dir: string, statusOf: (id: string) => JobStatus | undefined): JobFiles {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(dir)) {
    const [id = '', kind] = name.split('.');
    const status = /^\d+$/.test(id) ? statusOf(id) : undefined;
    const isOpen = status === 'created' || status === 'in_progress';
    if (!(isOpen || (status === 'complete' && kind === 'ndjson'))) rmSync(join(dir, name), { force: true });
  }
  const input = (id: string) => join(dir, `${id}.ids`);
  const output = (id: string) => join(dir, `${id}.ndjson`);
  return {
    input,
    output,
    remove(id, which) {
      rmSync(input(id), { force: true });
      if (which === 'both') rmSync(output(id), { force: true });
    },
    sync() {
      if (process.platform === 'win32') return;
      const folder = openSync(dir, 'r');
      try {
        fsyncSync(folder);
      } finally {
        closeSync(folder);
      }
    },
  };
}
