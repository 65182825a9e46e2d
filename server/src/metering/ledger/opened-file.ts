import type { FilePort } from './file.ts';
import { LedgerDamage } from './segment.ts';

/** A file by what it is, not by where it lies: device and inode, as of when this process opened it. */
export type OpenedFile = { path: string; id: string };

const ADVICE =
  'Nothing more is recorded or signed, since another server may be at work on this folder, or an older copy was put ' +
  'in its place. Stop every server of the folder, put the file back, run `parley ledger verify`, then start one';

/** Notes which file lies at a path. @throws LedgerDamage if there is none */
export function openedFile(files: FilePort, path: string): OpenedFile {
  const found = files.identify(path);
  if (found === undefined)
    throw new LedgerDamage('A file of the folder was moved or removed', path, undefined, ADVICE);
  return { path, id: found.id };
}

/**
 * Before anything is answered or signed: the files that this process opened still lie at their paths.
 * @param size bytes that it must have, where only this process writes to it. @throws LedgerDamage
 */
export function assertSameFile(files: FilePort, { path, id }: OpenedFile, size?: number): void {
  const found = files.identify(path);
  if (found?.id === id && (size === undefined || found.size === size)) return;
  const what =
    found === undefined
      ? 'A file of the folder was moved or removed while the server ran'
      : found.id !== id
        ? 'A file of the folder was replaced while the server ran'
        : 'A file of the folder was written by another while the server ran';
  throw new LedgerDamage(what, path, undefined, ADVICE);
}

/** @throws LedgerDamage if a file lies at a path that only this process may make */
export function assertNoFile(files: FilePort, path: string): void {
  if (files.identify(path) === undefined) return;
  throw new LedgerDamage('Another server has begun a segment of this journal', path, undefined, ADVICE);
}
