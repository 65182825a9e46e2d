import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Problem, testClock } from '#kernel';
import {
  BACKOFF_MAX_MS,
  DONE_KEPT_MS,
  type JobInput,
  type JobOutcome,
  type OutboxJob,
  openOutbox,
  RUNNING_A_TENANT_MAX,
  RUNNING_MAX,
  WAITING_A_TENANT_MAX,
  WAITING_EACH_MAX,
} from './index.ts';

const START = Date.parse('2026-11-21T10:00:00.000Z');
const HOUR = 3_600_000;

function job(key: string, fields: Partial<JobInput> = {}): JobInput {
  return { kind: 'k', key, destination: 'd', payload: '', ...fields };
}

/** An outbox whose handler does what the test says; jitter is at its longest, so that times are exact. */
function outboxOf(
  t: TestContext,
  run: (job: OutboxJob) => JobOutcome | Promise<JobOutcome>,
  file = ':memory:',
) {
  const clock = testClock(START);
  const logged: unknown[] = [];
  const tried: string[] = [];
  const gaveUp: string[] = [];
  const outbox = openOutbox({ file, clock, log: (_message, cause) => logged.push(cause), random: () => 1 });
  outbox.handle('k', {
    atOnce: 2,
    attemptMs: 10_000,
    keptMs: 24 * HOUR,
    putOffMs: 48 * HOUR,
    async run(one) {
      tried.push(one.key);
      return run(one);
    },
    gaveUp: (one, why) => gaveUp.push(`${one.key}: ${why}`),
  });
  outbox.start();
  t.after(() => outbox.close());
  return { outbox, clock, logged, tried, gaveUp };
}

test('a job is done once, at its time, and its key is known for a day', async (t) => {
  const { outbox, clock, tried } = outboxOf(t, () => ({ done: true }));
  const later = job('b', { notBefore: START + HOUR });
  assert.deepEqual(outbox.add([job('a'), later, job('a')]), ['added', 'added', 'known']);
  await outbox.settled();
  assert.deepEqual(tried, ['a']);
  assert.deepEqual(outbox.add([job('a'), later]), ['known', 'known']);
  clock.advance(HOUR);
  await outbox.settled();
  assert.deepEqual(tried, ['a', 'b']);
  assert.deepEqual(outbox.state(), { waiting: 0, running: 0 });
  clock.advance(DONE_KEPT_MS + HOUR + 1);
  await outbox.settled();
  assert.deepEqual(outbox.add([job('a')]), ['added']);
});

test('a destination that fails is left alone for twice as long each time, at most ten minutes, and then given up', async (t) => {
  const { outbox, clock, tried, gaveUp } = outboxOf(t, () => ({ failed: 'no' }));
  outbox.add([job('a'), job('b')]);
  await outbox.settled();
  assert.deepEqual(tried, ['a', 'b'], 'both were under way before one failed');
  let delay = 1_000;
  for (let at = 0; at < 12; at += 1) {
    const before = tried.length;
    clock.advance(delay - 1);
    await outbox.settled();
    assert.equal(tried.length, before, `nothing before ${delay} ms`);
    clock.advance(1);
    await outbox.settled();
    assert.equal(tried.length, before + 1, 'one job tries for all');
    delay = Math.min(BACKOFF_MAX_MS, delay * 2);
  }
  clock.advance(25 * HOUR);
  await outbox.settled();
  clock.advance(BACKOFF_MAX_MS);
  await outbox.settled();
  assert.deepEqual(gaveUp.sort(), ['a: no', 'b: no']);
  assert.deepEqual(outbox.count('k', ''), { waiting: 0, ended: 2 });
});

test('one dead destination holds up nobody else, and comes back when it answers', async (t) => {
  let isDead = true;
  const { outbox, clock, tried } = outboxOf(t, ({ destination }) =>
    destination === 'dead' && isDead ? { failed: 'no' } : { done: true },
  );
  outbox.add(Array.from({ length: 500 }, (_, at) => job(`dead ${at}`, { destination: 'dead' })));
  outbox.add(Array.from({ length: 500 }, (_, at) => job(`well ${at}`, { destination: `well ${at % 5}` })));
  await outbox.settled();
  assert.equal(tried.filter((key) => key.startsWith('well')).length, 500);
  assert.ok(tried.filter((key) => key.startsWith('dead')).length <= 2);
  isDead = false;
  clock.advance(2_000);
  await outbox.settled();
  assert.deepEqual(outbox.state(), { waiting: 0, running: 0 });
  assert.equal(new Set(tried).size, 1_000);
});

test('no more of a destination are under way at once than its kind allows, and 256 of all', async (t) => {
  const now = new Map<string, number>();
  let most = 0;
  let mostEach = 0;
  const { outbox } = outboxOf(t, async ({ destination }) => {
    now.set(destination, (now.get(destination) ?? 0) + 1);
    mostEach = Math.max(mostEach, now.get(destination) ?? 0);
    most = Math.max(
      most,
      [...now.values()].reduce((sum, one) => sum + one, 0),
    );
    await new Promise((resolve) => setImmediate(resolve));
    now.set(destination, (now.get(destination) ?? 0) - 1);
    return { done: true };
  });
  outbox.add(Array.from({ length: 800 }, (_, at) => job(`${at}`, { destination: `d${at % 200}` })));
  await outbox.settled();
  assert.deepEqual([mostEach, most], [2, RUNNING_MAX]);
});

test('what is put off is the job alone; what is ended is not tried again; a throw is logged and tried again', async (t) => {
  const outcomes: Record<string, () => JobOutcome> = {
    later: () => ({ later: START + HOUR, why: 'not yet' }),
    ended: () => ({ ended: 'gone' }),
    throws: () => {
      throw new Error('our mistake');
    },
    fine: () => ({ done: true }),
  };
  const { outbox, clock, tried, gaveUp, logged } = outboxOf(t, ({ key }) => outcomes[key]!());
  outbox.add([job('later'), job('ended'), job('fine')]);
  await outbox.settled();
  assert.deepEqual([tried, gaveUp], [['later', 'ended', 'fine'], ['ended: gone']]);
  outcomes.later = () => ({ done: true });
  clock.advance(HOUR);
  outbox.add([job('throws')]);
  await outbox.settled();
  assert.equal(logged.length, 1);
  assert.deepEqual(tried.slice(3).sort(), ['later', 'throws']);
  outcomes.throws = () => ({ done: true });
  clock.advance(1_000);
  await outbox.settled();
  assert.deepEqual(outbox.count('k', ''), { waiting: 0, ended: 1 });
});

test('what is put off is given up in the end, and tells why', async (t) => {
  const { outbox, clock, gaveUp } = outboxOf(t, () => ({ later: clock.now() + HOUR, why: 'still full' }));
  outbox.add([job('a')]);
  for (let hours = 0; hours <= 49; hours += 1) {
    await outbox.settled();
    assert.deepEqual(gaveUp, hours <= 48 ? [] : ['a: still full'], `${hours} hours`);
    clock.advance(HOUR);
  }
  assert.deepEqual(outbox.count('k', ''), { waiting: 0, ended: 1 });
});

test('an attempt that takes too long has failed, and its signal has fired', async (t) => {
  const clock = testClock(START);
  const outbox = openOutbox({ file: ':memory:', clock, log: () => undefined });
  t.after(() => outbox.close());
  let heard = 0;
  outbox.handle('k', {
    atOnce: 1,
    attemptMs: 5,
    keptMs: HOUR,
    putOffMs: HOUR,
    run: (_job, { signal }) =>
      new Promise(() => {
        signal.addEventListener('abort', () => {
          heard += 1;
        });
      }),
  });
  outbox.start();
  outbox.add([job('a')]);
  await outbox.settled();
  assert.equal(heard, 1);
  assert.deepEqual(outbox.count('k', 'a'), { waiting: 1, ended: 0 });
});

test('what is noted is there at the next attempt, over a restart', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-outbox-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, 'outbox.db');
  const seen: (string | undefined)[] = [];
  for (const round of [1, 2]) {
    const clock = testClock(START + round * HOUR);
    const outbox = openOutbox({ file, clock, log: (_message, cause) => assert.fail(String(cause)) });
    outbox.handle('k', {
      atOnce: 1,
      attemptMs: 1_000,
      keptMs: 24 * HOUR,
      putOffMs: 24 * HOUR,
      async run({ noted, failures }, { note }) {
        seen.push(`${noted} ${failures}`);
        note(`round ${round}`);
        return round === 1 ? { failed: 'no' } : { done: true };
      },
    });
    outbox.start();
    if (round === 1) outbox.add([job('a', { payload: 'x' })]);
    await outbox.settled();
    await outbox.close();
  }
  assert.deepEqual(seen, ['undefined 0', 'round 1 1']);
});

test('a destination that is woken is tried at once; one that is dropped never again', async (t) => {
  let answer: JobOutcome = { failed: 'no' };
  const { outbox, tried } = outboxOf(t, () => answer);
  outbox.add([job('a'), job('b', { destination: 'other' })]);
  await outbox.settled();
  answer = { done: true };
  outbox.drop('other');
  outbox.wake('d');
  await outbox.settled();
  assert.deepEqual(tried, ['a', 'b', 'a']);
  assert.deepEqual(outbox.state(), { waiting: 0, running: 0 });
});

test('a clock that runs ahead loses no job, and one that runs back holds none up', async (t) => {
  let answer: JobOutcome = { failed: 'no' };
  const { outbox, clock, tried, gaveUp } = outboxOf(t, () => answer);
  outbox.add([job('a')]);
  await outbox.settled();
  clock.advance(365 * 24 * HOUR);
  outbox.add([job('b', { destination: 'other' })]);
  answer = { done: true };
  await outbox.settled();
  assert.deepEqual([tried, gaveUp], [['a', 'a', 'b'], []]);
  answer = { failed: 'no' };
  outbox.add([job('c')]);
  await outbox.settled();
  clock.set(START);
  answer = { done: true };
  await outbox.settled();
  assert.deepEqual(outbox.state(), { waiting: 0, running: 0 });
});

test('too many for one destination are refused one by one, and others are still taken', (t) => {
  const { outbox } = outboxOf(t, () => ({ later: START + HOUR, why: '' }));
  const many = Array.from({ length: WAITING_EACH_MAX - 1 }, (_, at) => job(`${at}`));
  outbox.add(many);
  assert.deepEqual(outbox.add([job('last'), job('one more'), job('0'), job('other', { destination: 'e' })]), [
    'added',
    'full',
    'known',
    'added',
  ]);
});

test('a store that cannot write refuses all of what is added together, and what was there goes on', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-outbox-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, 'outbox.db');
  const { outbox, clock, tried } = outboxOf(t, () => ({ done: true }), file);
  outbox.add([job('a', { notBefore: START + HOUR })]);
  const other = new DatabaseSync(file);
  // The second row fails after the first was written.
  other.exec(
    `CREATE TRIGGER full BEFORE INSERT ON jobs WHEN NEW.key = 'c' BEGIN SELECT RAISE(ABORT, 'disk full'); END`,
  );
  const refused = (error: unknown) => error instanceof Problem && error.code === 'storage-unavailable';
  assert.throws(() => outbox.add([job('b'), job('c')]), refused);
  other.exec('DROP TRIGGER full');
  other.close();
  assert.deepEqual(outbox.count('k', ''), { waiting: 1, ended: 0 });
  assert.deepEqual(outbox.state(), { waiting: 1, running: 0 });
  clock.advance(HOUR);
  outbox.add([job('b'), job('c')]);
  await outbox.settled();
  assert.deepEqual(tried.sort(), ['a', 'b', 'c']);
});

test('one tenant with many destinations leaves places for others, under way and waiting, and goes on as its own end', async (t) => {
  const ends: (() => void)[] = [];
  const begun: string[] = [];
  const outbox = openOutbox({ file: ':memory:', clock: testClock(START), log: () => undefined });
  t.after(() => outbox.close());
  outbox.handle('k', {
    atOnce: 4,
    attemptMs: HOUR,
    keptMs: HOUR,
    putOffMs: HOUR,
    tenantOf: (destination) => destination.split('/')[0]!,
    run: ({ destination }) => {
      begun.push(destination);
      return new Promise((resolve) => ends.push(() => resolve({ done: true })));
    },
  });
  outbox.start();
  const many = (tenant: string, destinations: number, each: number) =>
    Array.from({ length: destinations * each }, (_, at) =>
      job(`${tenant}-${at}`, { destination: `${tenant}/${at % destinations}` }),
    );
  const of = (tenant: string) => begun.filter((one) => one.startsWith(tenant)).length;
  outbox.add([...many('greedy', 200, 4), ...many('other', 1, 2)]);
  await new Promise(setImmediate);
  assert.deepEqual([of('greedy'), of('other')], [RUNNING_A_TENANT_MAX, 2]);
  for (const end of ends.splice(0, 10)) end();
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  assert.equal(of('greedy'), RUNNING_A_TENANT_MAX + 10);
  while (begun.length < 802) {
    for (const end of ends.splice(0)) end();
    await new Promise(setImmediate);
  }
  for (const end of ends.splice(0)) end();
  await outbox.settled();
  assert.deepEqual(outbox.state(), { waiting: 0, running: 0 });
});

test('a tenant may have a quarter of what may wait in all', (t) => {
  const outbox = openOutbox({ file: ':memory:', clock: testClock(START), log: () => undefined });
  t.after(() => outbox.close());
  outbox.handle('k', {
    ...{ atOnce: 1, attemptMs: HOUR, keptMs: HOUR, putOffMs: HOUR },
    tenantOf: (destination) => destination.split('/')[0]!,
    run: async () => ({ done: true }),
  });
  const jobs = (tenant: string, destination: number) =>
    Array.from({ length: WAITING_EACH_MAX }, (_, at) =>
      job(`${tenant}-${destination}-${at}`, { destination: `${tenant}/${destination}` }),
    );
  const added = [0, 1, 2, 3, 4, 5].flatMap((one) => outbox.add(jobs('greedy', one)));
  assert.equal(added.filter((one) => one === 'added').length, WAITING_A_TENANT_MAX);
  assert.deepEqual(new Set(outbox.add(jobs('other', 0))), new Set(['added']));
});

/** Kills a process at a moment of its output, five times over one file. */
test('whatever was added is tried at least once, however often the process is killed', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-outbox-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const [file, trace] = [join(dir, 'outbox.db'), join(dir, 'trace')];
  const added: string[] = [];
  const child = fileURLToPath(new URL('./testing/crash-child.ts', import.meta.url));
  const round = (count: number, killAfter: number) =>
    new Promise<void>((resolve, reject) => {
      const process_ = spawn(process.execPath, [child, file, trace, String(count)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let text = '';
      process_.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (text.split('\n').length > killAfter) process_.kill('SIGKILL');
      });
      process_.on('close', () => {
        added.push(
          ...text
            .split('\n')
            .slice(0, -1)
            .filter((line) => line !== 'done'),
        );
        resolve();
      });
      process_.on('error', reject);
    });
  for (const killAfter of [1, 20, 45, 80]) await round(100, killAfter);
  await round(0, Infinity);
  const tried = readFileSync(trace, 'utf8').split('\n');
  const missing = added.filter((key) => !tried.includes(key));
  assert.ok(added.length > 100, `${added.length} were added`);
  assert.deepEqual(missing, []);
});
