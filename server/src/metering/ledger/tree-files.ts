import { dirname, join } from 'node:path';
import type { FilePort } from './file.ts';
import { publishFile } from './file.ts';

/** Syncs that wait together share the file system's own commits; more would hold up the journal's. */
const SYNCS_AT_ONCE = 4;

/**
 * The derived files of all logs on their way to the disk: written side by side, awaited together, and synced only
 * when something comes to rely on them.
 */
export class TreeFiles {
  readonly #files: FilePort;
  readonly #folders = new Set<string>();
  #pending: Promise<void>[] = [];
  /** Path → the log's folder, up to which new folders must be synced too. */
  readonly #unsynced = new Map<string, string>();

  constructor(files: FilePort) {
    this.#files = files;
  }

  /** @param dir the log's folder. @param path relative to it. */
  write(dir: string, path: string, bytes: Buffer): void {
    const full = join(dir, path);
    this.#unsynced.set(full, dir);
    this.#start(async () => {
      const folder = dirname(full);
      if (!this.#folders.has(folder)) {
        await this.#files.makeFolder(folder);
        this.#folders.add(folder);
      }
      await publishFile(this.#files, full, bytes);
    });
  }

  /** Removes partial files, and the folder of a tile that has no partial file left. @param kept paths that stay */
  remove(dir: string, paths: readonly string[], kept: ReadonlySet<string>): void {
    const keptFolders = new Set([...kept].map(dirname));
    for (const path of paths) {
      if (kept.has(path)) continue;
      this.#unsynced.delete(join(dir, path));
      const target = join(dir, keptFolders.has(dirname(path)) ? path : dirname(path));
      this.#folders.delete(target);
      this.#start(() => this.#files.remove(target));
    }
  }

  /** Resolves when everything written or removed so far is done; rejects if any of it failed. */
  async settle(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    await Promise.all(pending);
  }

  /** Makes durable what was written since the last time. Call after `settle`. */
  async sync(): Promise<void> {
    const folders = new Set<string>();
    for (const [path, dir] of this.#unsynced) {
      for (let folder = dirname(path); folder.length >= dir.length; folder = dirname(folder))
        folders.add(folder);
    }
    await this.#syncAll([...this.#unsynced.keys()]);
    await this.#syncAll([...folders]);
    this.#unsynced.clear();
  }

  async #syncAll(paths: readonly string[]): Promise<void> {
    for (let at = 0; at < paths.length; at += SYNCS_AT_ONCE) {
      await Promise.all(paths.slice(at, at + SYNCS_AT_ONCE).map((path) => this.#files.sync(path)));
    }
  }

  #start(work: () => Promise<void>): void {
    const started = work();
    // Awaited in `settle`; until then a rejection must not count as unhandled.
    started.catch(() => {});
    this.#pending.push(started);
  }
}
