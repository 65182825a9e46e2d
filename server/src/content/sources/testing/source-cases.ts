import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import {
  createPostStore,
  type OpenPostReader,
  openPostReader,
  type PostIndex,
  type PostWriter,
} from '#posts';

/** What the module's tests stand on: a folder that is gone afterwards, and the real store without its index. */
export type Ground = { folder: string; writer: PostWriter; reader: OpenPostReader };

const noIndex: PostIndex = { put() {}, remove() {}, flush() {}, rolledBack() {} };

export function testFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-sources-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function testGround(t: TestContext): Ground {
  const folder = testFolder(t);
  const path = join(folder, 'posts.db');
  const db = new DatabaseSync(path);
  const store = createPostStore(db, () => noIndex);
  const reader = openPostReader(path);
  t.after(() => {
    reader.close();
    db.close();
  });
  const writer: PostWriter = {
    apply: async (changes) => store.apply(changes).outcomes,
    onTouched() {},
    close: async () => {},
  };
  return { folder, writer, reader };
}

/** Writes a file into the test's folder. @returns its path. */
export function testFile(ground: { folder: string }, name: string, content: string | Uint8Array): string {
  const path = join(ground.folder, name);
  writeFileSync(path, content);
  return path;
}

/** A moment of 2024 in which everything here happens, and a snowflake of some ms before it. */
export const NOW = Date.UTC(2024, 4, 1, 12);
