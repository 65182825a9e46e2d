import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { controlAddress } from './folder.ts';

/** A data folder whose path is too long for a socket, and a temporary folder of its own. */
function place(t: TestContext): { dir: string; temporary: string } {
  const temporary = mkdtempSync(join(tmpdir(), 'p-'));
  const before = process.env.TMPDIR;
  process.env.TMPDIR = temporary;
  t.after(() => {
    process.env.TMPDIR = before;
    if (before === undefined) delete process.env.TMPDIR;
    rmSync(temporary, { recursive: true });
  });
  return { dir: join(temporary, 'x'.repeat(100)), temporary };
}

test('the socket of a folder with a long path lies where nobody else can look or write', (t) => {
  const { dir, temporary } = place(t);
  const folder = dirname(controlAddress(dir));
  assert.equal(dirname(folder), temporary);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(controlAddress(dir), controlAddress(dir));
});

test('whoever was in the temporary folder first cannot answer in our name', (t) => {
  const { dir, temporary } = place(t);
  const folder = join(temporary, `parley-${process.getuid?.() ?? 0}`);
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  assert.throws(() => controlAddress(dir), /is not ours alone .*mode 777.*TMPDIR/);
  rmSync(folder, { recursive: true });
  mkdirSync(join(temporary, 'elsewhere'), { mode: 0o700 });
  symlinkSync(join(temporary, 'elsewhere'), folder);
  assert.throws(() => controlAddress(dir), /is not ours alone/);
});
