import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '#kernel';
import { openMedia } from './media.ts';
import { ANNA, by, picture } from './testing/world.ts';

const CHILD = fileURLToPath(new URL('./testing/crash-child.ts', import.meta.url));

test('a process that is killed again and again while it appends loses no segment that it answered', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-media-kill-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const bytes = await picture('gif', 8, 8);
  let id: string | undefined;
  let answered = 0;
  for (let round = 1; answered < bytes.length; round += 1) {
    const child = spawn(process.execPath, [
      CHILD,
      JSON.stringify({ dir, personId: ANNA, id, from: answered }),
      bytes.toString('base64'),
    ]);
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    id = (await lines.next()).value;
    // A few more each time, and not at a moment between two.
    for (let count = 0; count < round * 7 && answered < bytes.length; count += 1) {
      const { value, done } = await lines.next();
      assert.equal(done, false, 'the child ended by itself');
      answered = Number(value) + 1;
    }
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
  const media = openMedia({
    file: join(dir, 'media.db'),
    dir: join(dir, 'media'),
    clock: systemClock,
    publicBase: () => '',
    network: {
      posts: (ids) => ids.map(() => undefined),
      people: (ids) => ids.map(() => ({ state: 'active' })),
    },
    log: (message) => assert.fail(message),
  });
  assert.equal(media.status(ANNA, id!).size, bytes.length);
  const { state, width } = await media.finalize(by(ANNA), id!);
  assert.deepEqual([state, width], ['ready', 8]);
  await media.close();
  assert.deepEqual(readdirSync(join(dir, 'media', 'parts')), []);
});
