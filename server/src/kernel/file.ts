import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes a small file, for its owner only, so that after a crash either the old or the new content is there whole.
 * On disk when it returns.
 */
export function writeAtomically(path: string, text: string): void {
  const next = `${path}.new`;
  writeFileSync(next, text, { mode: 0o600, flush: true });
  renameSync(next, path);
  // Windows cannot open a folder; its file system keeps the order of renames by itself.
  if (process.platform === 'win32') return;
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
