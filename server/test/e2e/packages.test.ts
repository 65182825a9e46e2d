import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

test('a Node that is new enough, in a folder without its packages, says in one line what to run', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-packages-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  for (const name of ['bin', 'src', 'package.json'])
    cpSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), join(dir, name), { recursive: true });
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(dir, 'bin/parley.js'), 'plan', 'list'],
    {
      encoding: 'utf8',
    },
  );
  assert.deepEqual([status, stdout], [2, '']);
  assert.match(
    stderr,
    /^Parley's packages are not installed \(\S+ is missing\)\. Run `npm install` in \S+\n$/,
  );
});
