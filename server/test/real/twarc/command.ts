import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Json } from '../../contract/api.ts';
import type { Way } from '../python.ts';

/** Where `install.sh` puts it: twarc is in PyPI and not in Debian. */
const TWARC2 = fileURLToPath(
  new URL('../../../../node_modules/.cache/parley-python/bin/twarc2', import.meta.url),
);
/** A command that has not ended by then waits for something that will not come. */
const PATIENCE_MS = 90_000;

/** @returns why a test has to be left out; false when the program is there. */
export function withoutTwarc(): string | false {
  return existsSync(TWARC2) ? false : 'twarc is not installed (PyPI)';
}

export type Twarc = {
  /** Runs a command; resolves with what it printed, rejects with all that it said when it fails. */
  run(...args: string[]): Promise<{ stdout: string; stderr: string }>;
  /** A file of its folder, with lines when they are given. */
  file(name: string, lines?: readonly string[]): string;
  /** The pages or objects of a file that a command wrote, one a line. */
  read(name: string): Json[];
};

/** twarc2 as a person runs it, led here. @param keys flags that say who calls. */
export function twarcOf(
  t: Pick<TestContext, 'after'>,
  { proxy, certFile }: Way,
  keys: readonly string[],
): Twarc {
  const dir = mkdtempSync(join(tmpdir(), 'parley-twarc-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const env = {
    PATH: process.env.PATH,
    HOME: dir,
    LC_ALL: 'C.UTF-8',
    HTTPS_PROXY: `http://127.0.0.1:${proxy}`,
    REQUESTS_CA_BUNDLE: certFile,
  };
  const file = (name: string) => join(dir, name);
  return {
    run: (...args) =>
      promisify(execFile)(TWARC2, [...keys, ...args], { cwd: dir, env, timeout: PATIENCE_MS }),
    file(name, lines) {
      if (lines) writeFileSync(file(name), lines.join('\n'));
      return file(name);
    },
    read: (name) =>
      readFileSync(file(name), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Json),
  };
}
