import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { claimFolder } from './claim.ts';
import { FolderBusy, openFolder } from './folder.ts';

const skip = process.platform !== 'linux' && 'abstract sockets are of Linux; elsewhere the lock stands alone';

test('one process on a host has a folder’s id: not its copy, nor itself with the lock moved away', {
  skip,
}, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-claim-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const first = openFolder(join(dir, 'a'));
  const claim = await claimFolder(first.id);
  cpSync(join(dir, 'a'), join(dir, 'copy'), { recursive: true });
  const copy = openFolder(join(dir, 'copy'));
  await assert.rejects(claimFolder(copy.id), FolderBusy);
  renameSync(join(dir, 'a/lock.db'), join(dir, 'a/lock.db.moved'));
  const second = openFolder(join(dir, 'a'));
  assert.notEqual(second.lock.id, first.lock.id, 'the lock is told by device and inode');
  await assert.rejects(claimFolder(second.id), /another process on this host runs a folder with the id/);
  await claim.release();
  await (await claimFolder(copy.id)).release();
  for (const folder of [first, copy, second]) folder.release();
});
