import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { createVault, makeId, systemClock } from '#kernel';
import { openRemovalReader } from '#posts';
import { runs } from '#test/runs';
import { aPerson, aPost, bodyOf, jobWorld, OWNER, tokenOf } from './testing/world.ts';
import { resultLine } from './work.ts';

const CHILD = fileURLToPath(new URL('./testing/crash-child.ts', import.meta.url));

test('killed at any moment, a job goes on and its result is what one pass would have written', async (t) => {
  const now = Date.now();
  const world = jobWorld(t, { vault: createVault(new Uint8Array(32)), clock: systemClock });
  const ids = Array.from({ length: 20_000 }, (_, at) => makeId(now - at * 1_000, at));
  world.apply(
    ...ids.filter((_, at) => at % 7 === 0).map((id) => ({ kind: 'delete-post', id, at: now }) as const),
  );
  const { id, uploadTarget } = world.compliance.create(OWNER, { type: 'posts', resumable: true });
  await world.compliance.startSession(id, tokenOf(uploadTarget));
  const receiving = world.compliance.receive(id, tokenOf(uploadTarget), {
    of: 'whole',
    body: bodyOf(ids.join('\n')),
  });
  await receiving;
  await world.compliance.close();
  let kills = 0;
  // Each run is let go a little further; the last one is left alone.
  for (let rows = 10; rows <= 2_000 && !(await runUntil(world.folder, id, rows * 100)); rows *= 3) kills += 1;
  while (!(await runUntil(world.folder, id, Infinity))) kills += 1;
  t.diagnostic(`${kills} kills`);
  assert.ok(kills >= 2, 'the job was over before it could be killed');
  await world.reopen();
  const job = world.compliance.job(OWNER.appId, id)!;
  assert.equal(job.status, 'complete');
  const fates = openRemovalReader(join(world.folder, 'posts.db'));
  t.after(() => fates.close());
  const expected = ids
    .map((one) => fates.posts([one])[0])
    .flatMap((fate, at) => (fate ? [resultLine(ids[at]!, fate)] : []));
  const { file, bytes } = world.compliance.result(id, tokenOf(job.downloadTarget));
  assert.equal(readFileSync(file).subarray(0, bytes).toString(), expected.join(''));
});

/** Runs the child until the result has so many bytes, then kills it; true if it was done before. */
async function runUntil(folder: string, id: string, bytes: number): Promise<boolean> {
  const child = spawn(process.execPath, [CHILD, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const over = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let isOver = false;
  over.then(() => {
    isOver = true;
  });
  const file = join(folder, 'files', `${id}.ndjson`);
  const size = () => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  while (!isOver && !text.includes('done') && size() < bytes)
    await new Promise((resolve) => setTimeout(resolve, 1));
  if (!text.includes('done')) child.kill('SIGKILL');
  await over;
  return text.includes('done');
}

test('any upload in slices of any size has the result that each line alone has', async (t) => {
  const world = propertyWorld(t);
  const line = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 1, max: 40 }).map(String) },
    { weight: 1, arbitrary: fc.constantFrom('', ' ', '7 ', ' 9', '3\r', '5\t') },
    { weight: 1, arbitrary: fc.bigInt({ min: 1n << 40n, max: (1n << 63n) - 1n }).map(String) },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 60 }),
      fc.boolean(),
      fc.integer({ min: 21, max: 200 }),
      fc.constantFrom('posts' as const, 'persons' as const),
      async (lines, endsLine, sliceBytes, type) => {
        await world.reopen({ sliceBytes });
        const upload = lines.join('\n') + (endsLine ? '\n' : '');
        const { job, lines: found } = await world.ask(type, upload);
        assert.equal(job.status, 'complete', String(job.failure));
        const fates = openRemovalReader(join(world.folder, 'posts.db'));
        const asked = lines.map((one) => one.trim()).filter((one) => one !== '');
        const expected = asked.flatMap((id) => {
          const fate = fates[type === 'posts' ? 'posts' : 'people']([id])[0];
          return fate ? [JSON.parse(resultLine(id, fate))] : [];
        });
        fates.close();
        assert.deepEqual(found, expected);
      },
    ),
    { numRuns: runs(25) },
  );
});

function propertyWorld(t: TestContext) {
  const world = jobWorld(t);
  world.apply(
    ...['1', '2', '3', '4'].map((id) => aPerson(id)),
    ...Array.from({ length: 40 }, (_, at) => aPost(String(at + 1), String((at % 5) + 1))),
    { kind: 'person-state', id: '2', state: 'suspended' },
    { kind: 'protect', id: '3', protected: true },
    { kind: 'delete-post', id: '11', at: 5 },
    { kind: 'delete-person', id: '4', at: 6 },
  );
  return world;
}
