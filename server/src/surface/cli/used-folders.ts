import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { isFolder } from '#datafolder/folder';
import type { CliEnvironment } from './command.ts';

/**
 * Which data folders were served or made from which working directory: a small file for each pair in the user's state
 * folder. It is a hint for later commands, never the truth: a server found by it must answer, a folder must exist.
 */
type Used = { directory: string; data: string };

/** With so many, those of folders that are gone and the older half are removed. */
const FILES_MAX = 500;
const FILE_BYTES_MAX = 16 << 10;

/** Remembers that a folder is used from a directory. A state folder that cannot be written is no failure. */
export function rememberFolder(directory: string, data: string, env: CliEnvironment): void {
  try {
    const place = stateFolder(env);
    mkdirSync(place, { recursive: true, mode: 0o700 });
    prune(place);
    const used: Used = { directory, data: resolve(directory, data) };
    const file = join(place, fileName(used));
    const next = `${file}.${process.pid}.new`;
    writeFileSync(next, `${JSON.stringify(used)}\n`, { mode: 0o600 });
    renameSync(next, file);
  } catch {
    // The home may be read-only or missing; then commands need --data, as they would on another machine.
  }
}

/** Data folders that were used from a directory and still exist, the last used first. */
export function usedFolders(directory: string, env: CliEnvironment): string[] {
  const place = stateFolder(env);
  const start = `${digest(directory)}-`;
  return listed(place)
    .filter(({ name }) => name.startsWith(start))
    .sort((left, right) => right.modified - left.modified)
    .map(({ name }) => read(join(place, name)))
    .filter((used) => used !== undefined && used.directory === directory && isFolder(used.data))
    .map((used) => used!.data);
}

function stateFolder(env: CliEnvironment): string {
  return join(env.XDG_STATE_HOME || join(env.HOME || homedir(), '.local', 'state'), 'parley', 'folders');
}

function fileName({ directory, data }: Used): string {
  return `${digest(directory)}-${digest(data)}.json`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function listed(place: string): { name: string; modified: number }[] {
  try {
    return readdirSync(place)
      .filter((name) => name.endsWith('.json'))
      .map((name) => ({
        name,
        modified: statSync(join(place, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
      }));
  } catch {
    return [];
  }
}

function read(file: string): Used | undefined {
  try {
    if (statSync(file).size > FILE_BYTES_MAX) return undefined;
    const used = JSON.parse(readFileSync(file, 'utf8')) as Partial<Used> | null;
    if (typeof used?.directory !== 'string' || typeof used.data !== 'string') return undefined;
    return { directory: used.directory, data: used.data };
  } catch {
    return undefined;
  }
}

function prune(place: string): void {
  const files = listed(place);
  if (files.length < FILES_MAX) return;
  files.sort((left, right) => right.modified - left.modified);
  for (const [index, { name }] of files.entries()) {
    const used = read(join(place, name));
    if (index < FILES_MAX / 2 && used !== undefined && isFolder(used.data)) continue;
    rmSync(join(place, name), { force: true });
  }
}
