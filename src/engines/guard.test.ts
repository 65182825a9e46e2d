import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createVault } from '#kernel';
import { type LedgerGuard, openLedger, realFiles } from '#ledger';
import { FolderBusy } from './folder.ts';
import { createGuard, type GuardStore } from './guard.ts';
import { guardInFolder } from './guard-path.ts';

const vault = createVault(new Uint8Array(32).fill(7));
const ID = '0123456789abcdef';
const never = () => assert.fail('nothing is waited for here');

function place(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'parley-guard-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function start(dir: string, guard: LedgerGuard) {
  const ledger = await openLedger({
    dir: join(dir, 'ledger'),
    ...{ operatorOrigin: 'parley.example', vault, files: realFiles(), guard },
  });
  await ledger.createLog('alpha');
  const record = async (name: string) => {
    const fact = {
      time: 1_763_719_200_000,
      log: 'alpha',
      agreement: new Uint8Array(32),
      body: Buffer.from(name),
    };
    await ledger.appendControl({ ...fact, event: 'key-enrolled' }).committed;
    await ledger.integrated();
  };
  return { ledger, record };
}

test('of any number that replace one version at once, one succeeds, and a version long gone replaces nothing', async (t) => {
  const dir = place(t);
  const stores = Array.from({ length: 8 }, () => guardInFolder(join(dir, 'guard'), ID));
  assert.equal(await stores[0]!.read(), undefined);
  for (let version = 0; version < 12; version++) {
    const won = await Promise.all(stores.map((store, i) => store.replace(version, `${version} by ${i}`)));
    assert.equal(won.filter(Boolean).length, 1, `version ${version}`);
    const found = await stores[1]!.read();
    assert.deepEqual(found, { version: version + 1, text: `${version} by ${won.indexOf(true)}` });
  }
  assert.equal(await stores[2]!.replace(3, 'stale'), false);
  assert.equal((await stores[3]!.read())?.version, 12);
  assert.ok(readdirSync(join(dir, 'guard')).length <= 2, 'old versions are removed');
});

test('while a server lives, its copy is refused on every host that shares the guard; once it has died, one takes over and the other is fenced', async (t) => {
  const dir = place(t);
  const store = guardInFolder(join(dir, 'guard'), ID);
  const a = await start(join(dir, 'a'), createGuard(store, ID, { host: 'a', wait: never }));
  await a.record('one');
  cpSync(join(dir, 'a'), join(dir, 'b'), { recursive: true });
  const alive = async () => {
    await a.record('meanwhile');
  };
  await assert.rejects(start(join(dir, 'b'), createGuard(store, ID, { host: 'b', wait: alive })), FolderBusy);
  // The copy is behind now, whatever becomes of the original.
  const dead = async () => {};
  await assert.rejects(
    start(join(dir, 'b'), createGuard(store, ID, { host: 'b', wait: dead })),
    /older copy/,
  );
  cpSync(join(dir, 'a'), join(dir, 'c'), { recursive: true });
  const c = await start(join(dir, 'c'), createGuard(store, ID, { host: 'c', wait: dead }));
  await c.record('after the death');
  await assert.rejects(a.record('not dead at all'));
  assert.equal(a.ledger.healthy(), false);
  await Promise.all([a.ledger.close(), c.ledger.close()]);
});

test('a server that stopped cleanly, or died on this host, is followed at once; a journal that went another way is refused', async (t) => {
  const dir = place(t);
  const store = guardInFolder(join(dir, 'guard'), ID);
  const guard = () => createGuard(store, ID, { host: 'a', wait: never });
  for (const name of ['one', 'two', 'three']) {
    const { ledger, record } = await start(join(dir, 'a'), guard());
    await record(name);
    await ledger.close();
    // A start that records nothing leaves nothing behind that the next one stumbles over.
    await (await start(join(dir, 'a'), guard())).ledger.close();
    if (name === 'two') cpSync(join(dir, 'a'), join(dir, 'old'), { recursive: true });
  }
  await assert.rejects(start(join(dir, 'old'), guard()), /older copy/);
  const unguarded: LedgerGuard = {
    claim: async () => {},
    keep: async () => {},
    assertHeld() {},
    release: async () => {},
  };
  const fork = await start(join(dir, 'old'), unguarded);
  for (let i = 0; i < 5; i++) await fork.record(`fork ${i}`);
  await fork.ledger.close();
  await assert.rejects(start(join(dir, 'old'), guard()), /older copy/, 'longer, and not the same');
  const killed = await start(join(dir, 'a'), guard());
  await killed.record('before the kill');
  cpSync(join(dir, 'a'), join(dir, 'after'), { recursive: true });
  const next = await start(join(dir, 'after'), guard());
  await next.record('after the kill');
  await Promise.all([killed.ledger.close(), next.ledger.close()]);
});

test('a guard that fails for a moment is tried again, one that failed and wrote all the same is believed, one that stays away stops the ledger', async (t) => {
  const dir = place(t);
  const inner = guardInFolder(join(dir, 'guard'), ID);
  let clock = 0;
  let mood: 'well' | 'fails' | 'writes and fails' = 'well';
  let failures = 0;
  const store: GuardStore = {
    ...inner,
    async replace(version, text) {
      if (mood === 'well') return inner.replace(version, text);
      failures += 1;
      if (mood === 'writes and fails') {
        mood = 'well';
        await inner.replace(version, text);
      } else if (failures === 3) mood = 'well';
      throw new Error('EIO: injected');
    },
  };
  const wait = async (ms: number) => {
    clock += ms;
  };
  const { ledger, record } = await start(
    join(dir, 'a'),
    createGuard(store, ID, { host: 'a', wait, now: () => clock }),
  );
  for (const next of ['fails', 'writes and fails'] as const) {
    [mood, failures] = [next, 0];
    await record(next);
    assert.ok(failures > 0 && ledger.healthy());
  }
  mood = 'fails';
  failures = Number.NEGATIVE_INFINITY;
  await assert.rejects(record('in vain'), /cannot be written: EIO/);
  assert.equal(ledger.healthy(), false);
  await ledger.close();
});
