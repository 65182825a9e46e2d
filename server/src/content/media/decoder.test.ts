import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Problem } from '#kernel';
import { cpuSecondsOf } from './cpu-watch.ts';
import { type Decoder, openDecoder, PictureRefused } from './picture.ts';
import { movingGif, picture } from './testing/world.ts';

function folderOf(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'parley-decoder-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function decoderOf(t: TestContext, cpuSecondsMax?: number): Decoder & { logged: string[] } {
  const logged: string[] = [];
  const decoder = openDecoder((message) => logged.push(message), cpuSecondsMax);
  t.after(() => decoder.close());
  return { ...decoder, logged };
}

const NOWHERE = { from: '/nowhere', to: '/nowhere', preview: '/nowhere', type: 'image/png' };
const by = (appId: string, personId: string) => ({ appId, personId });
const codeOf = (error: { code: string }) => error.code;

test('pictures that wait beyond a person’s, an app’s or the common bound are told to come again, with retry-after', async (t) => {
  const decoder = decoderOf(t);
  const ask = (appId: string, personId: string) =>
    decoder.make(NOWHERE, by(appId, personId), false).catch(codeOf);
  const overloaded = async (jobs: Promise<unknown>[]) =>
    (await Promise.all(jobs)).filter((code) => code === 'overloaded').length;
  // Two are under way and eight wait.
  assert.equal(await overloaded(Array.from({ length: 12 }, () => ask('a', '1'))), 2);
  // 32 wait, of however many persons.
  assert.equal(await overloaded(Array.from({ length: 40 }, (_, at) => ask('a', String(at)))), 6);
  // 256 wait, of however many apps.
  assert.equal(await overloaded(Array.from({ length: 260 }, (_, at) => ask(String(at), '1'))), 2);
  const many = Array.from({ length: 12 }, () => decoder.make(NOWHERE, by('a', '1'), false));
  const outcomes = await Promise.allSettled(many);
  const refused = outcomes.at(-1) as PromiseRejectedResult;
  assert.ok(refused.reason instanceof Problem);
  assert.equal(refused.reason.headers['retry-after'], '5');
  assert.deepEqual(decoder.state(), { waiting: 0, running: 0 });
});

test('one app’s pictures leave another’s its turn, and of large ones one at a time is decoded', async (t) => {
  const decoder = decoderOf(t);
  const ask = (appId: string, personId: string, heavy: boolean) =>
    decoder.make(NOWHERE, by(appId, personId), heavy).catch(codeOf);
  const jobs = Array.from({ length: 9 }, () => ask('greedy', '1', true));
  assert.deepEqual(decoder.state(), { waiting: 8, running: 1 });
  jobs.push(ask('other', '2', false));
  assert.deepEqual(decoder.state(), { waiting: 8, running: 2 }, 'the other process is free for it');
  assert.deepEqual(new Set(await Promise.all(jobs)), new Set(['ENOENT']));
});

/** Small in bytes, seconds of work: a canvas of 2,000 × 2,000 for 70 frames. */
async function slowGif(dir: string): Promise<string> {
  const gif = await movingGif(70, 4, 4);
  gif.writeUInt16LE(2_000, 6);
  gif.writeUInt16LE(2_000, 8);
  const file = join(dir, 'slow.gif');
  // What follows the end is no frame: without it the bytes would be too few for so many pixels.
  writeFileSync(file, Buffer.concat([gif, Buffer.alloc(40_000)]));
  return file;
}

test('a picture that takes more CPU time than it may is refused, and the next is decoded', async (t) => {
  const dir = folderOf(t);
  const decoder = decoderOf(t, 0.2);
  const slow = { from: await slowGif(dir), to: join(dir, 'a'), preview: join(dir, 'b'), type: 'image/gif' };
  await assert.rejects(
    decoder.make(slow, by('a', '1'), true),
    (error) => error instanceof PictureRefused && /more than 0.2 s of CPU time/.test(error.message),
  );
  writeFileSync(join(dir, 'c.png'), await picture('png'));
  const quick = { ...slow, from: join(dir, 'c.png'), type: 'image/png' };
  assert.equal((await decoder.make(quick, by('a', '1'), false)).width, 64);
  assert.deepEqual(decoder.logged, []);
});

test('a decoder that gets no CPU time for an hour is not killed: only what it takes counts', async (t) => {
  const dir = folderOf(t);
  writeFileSync(join(dir, 'c.png'), await picture('png'));
  const decoder = decoderOf(t);
  const job = { from: join(dir, 'c.png'), to: join(dir, 'a'), preview: join(dir, 'b'), type: 'image/png' };
  await decoder.make(job, by('a', '1'), false);
  const [pid = 0] = execFileSync('ps', ['--ppid', String(process.pid), '-o', 'pid=,args='], {
    encoding: 'utf8',
  })
    .split('\n')
    .filter((line) => line.includes('picture-child'))
    .map((line) => Number.parseInt(line, 10));
  process.kill(pid, 'SIGSTOP');
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  const made = decoder.make(job, by('a', '1'), false);
  for (let minute = 0; minute < 60; minute += 1) {
    t.mock.timers.tick(60_000);
    await turn();
  }
  process.kill(pid, 'SIGCONT');
  assert.equal((await made).width, 64);
  assert.deepEqual(decoder.logged, []);
});

test('the CPU time of a process is what the process itself says', () => {
  const told = cpuSecondsOf(process.pid);
  const { user, system } = process.cpuUsage();
  assert.ok(told !== undefined && Math.abs((user + system) / 1e6 - told) < 0.5, `${told}`);
  assert.equal(cpuSecondsOf(2 ** 30), undefined);
});
