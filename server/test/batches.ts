/** Files that share a process at most: enough to pay for its start, few enough to fill every core to the end. */
const BATCH_SIZE_MAX = 24;
/** Folders from the root whose files share processes: a wing, or a folder of server/test. */
const SHARED_FOLDERS = 3;

/** Files that run in a process of their own, with the reason. */
export const ALONE: Readonly<Record<string, string>> = {};

/**
 * Puts test files into batches, each of one wing, in the order in which they are given.
 * @param files paths from the root.
 */
export function batchesOf(files: readonly string[]): string[][] {
  const batches: string[][] = [];
  const open = new Map<string, string[]>();
  for (const file of files) {
    const folder = file.split('/').slice(0, SHARED_FOLDERS).join('/');
    let batch = ALONE[file] === undefined ? open.get(folder) : undefined;
    if (!batch || batch.length >= BATCH_SIZE_MAX) {
      batch = [];
      batches.push(batch);
      if (ALONE[file] === undefined) open.set(folder, batch);
    }
    batch.push(file);
  }
  return batches;
}
