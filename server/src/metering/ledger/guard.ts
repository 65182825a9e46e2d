import type { FilePort } from './file.ts';
import { sha256 } from './format/hash.ts';
import type { JournalPoint } from './journal.ts';
import { listSegments, segmentPath, segmentSalt } from './segment.ts';

/** How far a folder was signed: the journal's records below `position`, the last of them in `segment` with this salt. */
export type GuardMark = { position: number; segment: number; salt: string };

/**
 * Remembers outside the folder who may sign for it, and how far it was signed, so that a second server and an older
 * copy of the folder are refused.
 */
export type LedgerGuard = {
  /**
   * Before anything is appended. @param contains whether this folder's journal holds what was signed
   * @throws when another server has the folder, or this is an older copy of it
   */
  claim(contains: (mark: GuardMark) => Promise<boolean>): Promise<void>;
  /** Resolves once the mark is kept, before a checkpoint is shown. Rejects when another server took the folder over. */
  keep(mark: GuardMark): Promise<void>;
  /** Before a commit is answered. @throws when the claim was lost, or could not be renewed in time */
  assertHeld(): void;
  /** Lets the next server have the folder at once. */
  release(): Promise<void>;
};

/** A segment's salt is drawn by each start: by its digest a journal that went another way is told. */
export const saltMark = (salt: Buffer) => sha256(salt).toString('hex');

/** True if the journal that ends at `end` holds the records that were signed, and not others in their place. */
export async function containsMark(
  files: FilePort,
  dir: string,
  end: JournalPoint,
  { position, segment, salt }: GuardMark,
): Promise<boolean> {
  if (end.position < position) return false;
  // A segment that no record had come into is replaced at each start.
  if (segment === position) return true;
  const found = files.identify(segmentPath(dir, segment));
  const own =
    found && (await segmentSalt(files, { path: segmentPath(dir, segment), firstPosition: segment }));
  if (own === undefined || saltMark(own) !== salt) return false;
  const segments = await listSegments(files, dir);
  return !segments.some(({ firstPosition }) => firstPosition > segment && firstPosition < position);
}
