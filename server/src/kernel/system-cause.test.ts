import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { systemCause } from './system-cause.ts';

const errno = (code: string) => Object.assign(new Error(code), { code });
const sqlite = (errcode: number) => Object.assign(new Error('sqlite'), { code: 'ERR_SQLITE_ERROR', errcode });

test('a full disk, a read-only folder and exhausted file descriptors are named with what to do, however deep they lie', () => {
  const table: [error: Error, expected: RegExp][] = [
    [errno('ENOSPC'), /disk is full.*free space/],
    [errno('EDQUOT'), /quota/],
    [errno('EROFS'), /read-only.*mount it writable/],
    [errno('EACCES'), /permission/],
    [errno('EMFILE'), /too many files are open.*ulimit -n/],
    [errno('ENFILE'), /too many files are open on this machine/],
    [errno('EIO'), /disk failed/],
    [sqlite(13), /disk is full/],
    [sqlite(8 | (1 << 8)), /read-only/],
    [sqlite(10 | (3 << 8)), /disk failed/],
  ];
  for (const [error, expected] of table) {
    for (const outer of [error, new Error('outer', { cause: new Error('middle', { cause: error }) })]) {
      assert.match(systemCause(outer) ?? '', expected);
    }
  }
  for (const other of [new Error('x'), errno('ENOENT'), errno('toString'), sqlite(1), 'ENOSPC', undefined]) {
    assert.equal(systemCause(other), undefined);
  }
});

test('where SQLite says only that it cannot open a file, the folder says why', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-cause-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  let error: unknown;
  try {
    new DatabaseSync(join(folder, 'missing', 'x.db'));
  } catch (cause) {
    error = cause;
  }
  assert.equal((error as { errcode?: number }).errcode, 14);
  assert.equal(systemCause(error, folder), undefined, 'nothing is wrong with the folder itself');
  if (process.getuid?.() === 0) return;
  chmodSync(folder, 0o500);
  assert.match(systemCause(error, folder) ?? '', /permission/);
});

test('a limit of open files that is too low for a server is named, where SQLite says only that it cannot open a file', {
  skip: process.platform !== 'linux' && 'only Linux tells a process its limits',
}, () => {
  const program = `
    const { systemCause } = await import(${JSON.stringify(new URL('./system-cause.ts', import.meta.url).href)});
    const error = Object.assign(new Error('unable to open database file'), { errcode: 14 });
    console.log(systemCause(error, '/'));`;
  const limited = ['-c', 'ulimit -n 64 && exec "$0" --input-type=module -e "$1"', process.execPath, program];
  const { stdout, stderr } = spawnSync('sh', limited, { encoding: 'utf8' });
  assert.match(stdout, /too many files are open: raise the limit/, stderr);
});
