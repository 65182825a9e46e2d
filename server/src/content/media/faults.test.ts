import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { Problem } from '#kernel';
import { type Files, openFiles } from './files.ts';
import { video } from './testing/video-builder.ts';
import { ANNA, by, mediaWorld, picture } from './testing/world.ts';

/** The methods of the folder that write, each failing once as a full disk does, before or after it did its work. */
const WRITES = ['writePart', 'join', 'keep'] as const;

for (const method of WRITES) {
  for (const isDone of [false, true]) {
    test(`a disk that is full in ${method} ${isDone ? 'after' : 'before'} its work: 503, nothing is half-kept, and it can be tried again`, async (t) => {
      let isFull = false;
      const world = mediaWorld(t, {
        files: (dir) => {
          const real = openFiles(dir);
          const failing = async (...given: unknown[]) => {
            const act = real[method] as (...given: unknown[]) => Promise<unknown>;
            if (!isFull) return act(...given);
            if (isDone) await act(...given);
            throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
          };
          return { ...real, [method]: failing } as Files;
        },
      });
      const bytes = await picture('png');
      const { id } = await world.media.initialize(ANNA, { totalBytes: bytes.length });
      if (method !== 'writePart') await world.segment(ANNA, id, 0, bytes);
      isFull = true;
      const isFullDisk = (error: unknown) => error instanceof Problem && error.code === 'storage-unavailable';
      if (method === 'writePart') await assert.rejects(world.segment(ANNA, id, 0, bytes), isFullDisk);
      else await assert.rejects(world.media.finalize(by(ANNA), id), isFullDisk);
      await assert.rejects(world.put(ANNA, video()), isFullDisk);
      isFull = false;
      world.media.sweep();
      await world.media.close();
      const after = world.crash();
      assert.equal(after.media.status(ANNA, id).state, 'pending');
      assert.deepEqual(after.names('kept'), []);
      assert.equal(after.names('parts').length, method === 'writePart' ? 0 : 1);
      if (method === 'writePart') await after.segment(ANNA, id, 0, bytes);
      assert.equal((await after.media.finalize(by(ANNA), id)).state, 'ready');
      assert.deepEqual([after.names('kept').length, after.names('parts').length], [1, 0]);
    });
  }
}

/** Processes of this one that decode pictures. */
function decoders(): number[] {
  const all = execFileSync('ps', ['--ppid', String(process.pid), '-o', 'pid=,args='], { encoding: 'utf8' });
  return all
    .split('\n')
    .filter((line) => line.includes('picture-child'))
    .map((line) => Number.parseInt(line, 10));
}

test('a crash at any moment of a finalize leaves no file that nobody knows', async (t) => {
  for (const method of WRITES.slice(1)) {
    const dead = Promise.withResolvers<void>();
    const world = mediaWorld(t, {
      files: (dir) => {
        const real = openFiles(dir);
        // Done, and never heard of again: the process is as good as dead.
        const ending = async (...given: unknown[]) => {
          await (real[method] as (...given: unknown[]) => Promise<unknown>)(...given);
          dead.resolve();
          return new Promise(() => undefined);
        };
        return { ...real, [method]: ending } as Files;
      },
    });
    const bytes = await picture('png');
    const { id } = await world.media.initialize(ANNA, { totalBytes: bytes.length });
    await world.segment(ANNA, id, 0, bytes);
    void world.media.finalize(by(ANNA), id);
    await dead.promise;
    const after = world.crash({ files: openFiles });
    await after.media.close();
    assert.deepEqual([world.names('kept'), world.names('parts').length], [[], 1], method);
    const again = world.crash({ files: openFiles });
    assert.equal((await again.media.finalize(by(ANNA), id)).state, 'ready');
  }
});

test('a decoder that dies takes its own picture with it and no other', async (t) => {
  const logged: string[] = [];
  const world = mediaWorld(t, { log: (line) => void logged.push(line) });
  const bytes = await picture('png', 4_000, 4_000);
  const doomed = assert.rejects(
    world.put(ANNA, bytes),
    (error: unknown) => error instanceof Problem && error.code === 'body-invalid',
  );
  const until = Date.now() + 10_000;
  while (decoders().length === 0) {
    assert.ok(Date.now() < until, 'no decoder was started');
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const pid of decoders()) process.kill(pid, 'SIGKILL');
  await doomed;
  assert.match(logged.join(), /picture decoder ended \(SIGKILL\)/);
  assert.equal((await world.put(ANNA, bytes)).state, 'ready');
});

test('the decoder knows nothing of our environment', async (t) => {
  process.env.PARLEY_MASTER_KEY = 'a secret of the test';
  t.after(() => delete process.env.PARLEY_MASTER_KEY);
  const world = mediaWorld(t);
  await world.put(ANNA, await picture('png'));
  const pids = decoders();
  assert.ok(pids.length > 0);
  for (const pid of pids)
    assert.equal(
      execFileSync('cat', [`/proc/${pid}/environ`], { encoding: 'utf8' }).includes('a secret of the test'),
      false,
    );
});

test('a stream of nothing is no file', async (t) => {
  const world = mediaWorld(t);
  const staged = await world.media.stage(by(ANNA), Readable.from([]));
  await assert.rejects(
    world.media.upload(ANNA, staged, {}),
    (error: unknown) => error instanceof Problem && error.status === 400,
  );
  assert.deepEqual(world.names('parts'), []);
});
