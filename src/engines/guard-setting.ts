import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { writeAtomically } from '#kernel';
import type { LedgerGuard } from '#ledger';
import type { Folder } from './folder.ts';
import { createGuard } from './guard.ts';
import { guardInFolder } from './guard-path.ts';

const FILE = 'guard.json';

/**
 * The guard of a folder: the one given, else the one that it was last started with, so that commands which open the
 * folder themselves, and copies of it, use it too.
 * @param given a folder on another disk; `none` forgets the guard; undefined leaves it as it is
 * @returns undefined when there is none. @throws Error for a place that guards nothing
 */
export function guardOf(folder: Folder, given: string | undefined): LedgerGuard | undefined {
  const file = join(folder.path, FILE);
  if (given === 'none') {
    rmSync(file, { force: true });
    return undefined;
  }
  const place = given === undefined ? remembered(file) : resolve(given);
  if (place === undefined) return undefined;
  if (`${place}${sep}`.startsWith(`${folder.path}${sep}`)) {
    throw new Error(
      `--guard: ${place} lies in the data folder, with which it would be copied. Name a folder elsewhere.`,
    );
  }
  if (given !== undefined) writeAtomically(file, `${JSON.stringify({ place })}\n`);
  return createGuard(guardInFolder(place, folder.id), folder.id);
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
