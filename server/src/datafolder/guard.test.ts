import assert from 'node:assert/strict';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { GuardMark } from '#ledger';
import { createGuard, type GuardStore } from './guard.ts';
import { guardInFolder } from './guard-path.ts';
import { GUARDED_ID, guardCases, startLedger, temporaryFolder } from './testing/guard-cases.ts';

guardCases('folder', async (t) => {
  const dir = join(temporaryFolder(t), 'guard');
  const remove = () => rmSync(dir, { recursive: true, force: true });
  return {
    open: () => guardInFolder(dir, GUARDED_ID),
    remove,
    cut() {
      remove();
      writeFileSync(dir, 'no folder');
    },
  };
});

test('a folder keeps at most two versions of a record', async (t) => {
  const dir = temporaryFolder(t);
  const store = guardInFolder(dir, GUARDED_ID);
  for (let version = 0; version < 5; version++) assert.ok(await store.replace(version, `${version}`));
  assert.ok(readdirSync(dir).length <= 2);
});

const markAt = (position: number): GuardMark => ({ position, segment: 0, salt: '00' });

/** A place in memory. */
function inMemory(): GuardStore & { writes: string[] } {
  const writes: string[] = [];
  return {
    place: 'memory',
    writes,
    read: async () => (writes.length === 0 ? undefined : { version: writes.length, text: writes.at(-1)! }),
    replace: async (version, text) => version === writes.length && writes.push(text) > 0,
  };
}

test('a lease that was not renewed has run out after 30 seconds', async () => {
  let clock = 1_000;
  const guard = createGuard(inMemory(), GUARDED_ID, { now: () => clock });
  await guard.claim(async () => true);
  clock += 30_000;
  guard.assertHeld();
  clock += 1;
  assert.throws(() => guard.assertHeld(), /has run out/);
  await guard.release();
});

test('a quiet server renews its lease every eight to ten seconds, and once it was taken over renews nothing', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let clock = 1_000;
  const store = inMemory();
  const reports: string[] = [];
  const report = (message: string) => void reports.push(message);
  const guard = createGuard(store, GUARDED_ID, { now: () => clock, report });
  await guard.claim(async () => true);
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      clock += 1_000;
      t.mock.timers.tick(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await pass(80);
  guard.assertHeld();
  assert.ok(store.writes.length >= 9 && store.writes.length <= 11, `${store.writes.length} writes`);
  store.writes.push('{"owner":"another"}');
  const { length } = store.writes;
  await pass(80);
  assert.equal(store.writes.length, length);
  assert.throws(() => guard.assertHeld(), /another server runs folder/);
  assert.equal(reports.length, 1);
  assert.match(reports[0]!, /No more calls are recorded until a restart: another server runs folder/);
  await guard.release();
});

test('a ledger whose guard was lost is not healthy, even before the next call', async (t) => {
  const store = inMemory();
  let clock = 1_000;
  const guard = createGuard(store, GUARDED_ID, { now: () => clock });
  const { ledger } = await startLedger(temporaryFolder(t), guard);
  assert.ok(ledger.healthy());
  clock += 30_001;
  assert.equal(ledger.healthy(), false);
  await ledger.close();
});

test('of a hundred marks at once, at most two are written, the newest among them, and not before the place allows it', async () => {
  let clock = 1_000;
  const waits: number[] = [];
  const store = { ...inMemory(), spacingMs: 500 };
  const wait = async (ms: number) => {
    waits.push(ms);
    clock += ms;
  };
  const guard = createGuard(store, GUARDED_ID, { now: () => clock, wait });
  await guard.claim(async () => true);
  clock += 200;
  await Promise.all(Array.from({ length: 100 }, (_, i) => guard.keep(markAt(i))));
  assert.ok(store.writes.length <= 3, `${store.writes.length} writes`);
  assert.equal(JSON.parse(store.writes.at(-1)!).mark.position, 99);
  assert.equal(waits[0], 300);
  await guard.release();
});

test('no mark counts as kept after the guard was lost, whichever write it waited for', async () => {
  const store = inMemory();
  const guard = createGuard(store, GUARDED_ID);
  await guard.claim(async () => true);
  store.writes.push('{}');
  const kept = await Promise.allSettled([1, 2, 3].map((position) => guard.keep(markAt(position))));
  assert.deepEqual(
    kept.map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  );
  assert.throws(() => guard.assertHeld(), /another server runs folder/);
  await guard.release();
});

test('a write that comes through after newer ones were tried is taken for ours, and the newest mark is kept', async () => {
  const store = inMemory();
  let arrives: (() => void) | undefined;
  const late: GuardStore = {
    ...store,
    async replace(version, text) {
      if (arrives === undefined) {
        if (version === 0) return store.replace(version, text);
        arrives = () => void store.replace(version, text);
        throw new Error('timed out');
      }
      arrives();
      arrives = () => {};
      return store.replace(version, text);
    },
  };
  const guard = createGuard(late, GUARDED_ID, { wait: async () => void guard.keep(markAt(2)) });
  await guard.claim(async () => true);
  await guard.keep(markAt(1));
  await guard.keep(markAt(3));
  guard.assertHeld();
  assert.equal(JSON.parse(store.writes.at(-1)!).mark.position, 3);
  await guard.release();
});
