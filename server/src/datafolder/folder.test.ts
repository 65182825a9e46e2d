import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { controlAddress, openFolder } from './folder.ts';

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

test('on a read-only file system the system’s own reason is given, not that another process is at work', (t) => {
  const path = join(mkdtempSync(join(tmpdir(), 'parley-read-only-')), 'data');
  t.after(() => rmSync(dirname(path), { recursive: true, force: true }));
  openFolder(path).release();
  const program = `
    const { openFolder } = await import(${JSON.stringify(new URL('./folder.ts', import.meta.url).href)});
    try { openFolder(${JSON.stringify(path)}); } catch (error) { console.log(error.constructor.name, error.code); }`;
  const inside =
    'mount --bind "$2" "$2" && mount -o remount,bind,ro "$2" && exec "$0" --input-type=module -e "$1"';
  // A mount of its own, which no other process sees.
  const given = ['-rm', 'sh', '-c', inside, process.execPath, program, path];
  const { status, stdout, stderr, error } = spawnSync('unshare', given, { encoding: 'utf8' });
  if (error || (status !== 0 && /unshare|mount|not permitted/i.test(stderr)))
    return t.skip(`no mounts here: ${stderr}`);
  assert.match(stdout, /^Error (EROFS|ERR_SQLITE_ERROR)/, stderr);
});
