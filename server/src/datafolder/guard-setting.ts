import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { writeAtomically } from '#kernel';
import type { LedgerGuard } from '#ledger';
import type { Folder } from './folder.ts';
import { createGuard, type GuardStore } from './guard.ts';
import { guardInFolder } from './guard-path.ts';
import { type GuardEnvironment, type GuardPlace, guardPlace } from './guard-place.ts';

const FILE = 'guard.json';

/**
 * The guard of a folder: the one given, else the one that it was last started with, so that commands which open the
 * folder themselves, and copies of it, use it too. What is remembered of it holds no password and no key.
 * @param given a folder on another disk, `s3://…` or `postgres://…`; `none` forgets the guard; undefined leaves it as it is
 * @param report hears that the guard cannot be written, and that it can be again
 * @returns undefined when there is none. @throws Error for a place that guards nothing, or credentials that are missing
 */
export async function guardOf(
  folder: Folder,
  given: string | undefined,
  report: (message: string) => void = () => {},
  env: GuardEnvironment = process.env,
): Promise<LedgerGuard | undefined> {
  const file = join(folder.path, FILE);
  if (given === 'none') {
    rmSync(file, { force: true });
    return undefined;
  }
  const text = given ?? remembered(file);
  if (text === undefined) return undefined;
  const place = placeOf(text, env);
  const store = await openStore(place, folder, env);
  if (given !== undefined) {
    const remember = place.kind === 'folder' ? resolve(place.path) : place.text;
    writeAtomically(file, `${JSON.stringify({ place: remember })}\n`);
  }
  return createGuard(store, folder.id, { report });
}

function placeOf(text: string, env: GuardEnvironment): GuardPlace {
  try {
    return guardPlace(text, env);
  } catch (cause) {
    throw new Error(`--guard ${(cause as Error).message}`, { cause });
  }
}

/** A service's client is loaded only for a folder that is guarded there. */
async function openStore(place: GuardPlace, folder: Folder, env: GuardEnvironment): Promise<GuardStore> {
  if (place.kind === 's3') return (await import('./guard-s3.ts')).guardInS3(place, folder.id, env);
  if (place.kind === 'postgres')
    return (await import('./guard-postgres.ts')).guardInPostgres(place, folder.id);
  const path = resolve(place.path);
  if (`${path}${sep}`.startsWith(`${folder.path}${sep}`)) {
    throw new Error(
      `--guard: ${path} lies in the data folder, with which it would be copied. Name a folder elsewhere.`,
    );
  }
  return guardInFolder(path, folder.id);
}

function remembered(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const { place } = JSON.parse(readFileSync(file, 'utf8')) as { place?: unknown };
    if (typeof place === 'string') return place;
  } catch {
    // Told below, like every other damage.
  }
  throw new Error(`${file} is damaged: start with --guard and the folder's guard, or with --guard none`);
}
