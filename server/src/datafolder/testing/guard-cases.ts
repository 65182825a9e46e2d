import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createVault } from '#kernel';
import { type LedgerGuard, openLedger, realFiles } from '#ledger';
import { FolderBusy } from '../folder.ts';
import { createGuard, type GuardStore } from '../guard.ts';

/** The data folder's id in every case. */
export const GUARDED_ID = '0123456789abcdef';

/** One place of a kind, empty. */
export type TestedPlace = {
  /** A client of its own each time, as of another server. */
  open(): GuardStore;
  /** Takes the record away. */
  remove(): unknown;
  /** From now on nothing reaches the place. */
  cut(): unknown;
};

const vault = createVault(new Uint8Array(32).fill(7));
const never = () => assert.fail('nothing is waited for here');
/** An owner that writes nothing while another server waits for its lease to run out. */
const dead = async () => {};

export function temporaryFolder(t: Pick<TestContext, 'after'>): string {
  const dir = mkdtempSync(join(tmpdir(), 'parley-guard-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A ledger with one log under a guard; `record` resolves when an entry is in a checkpoint. */
export async function startLedger(dir: string, guard: LedgerGuard) {
  const ledger = await openLedger({
    dir: join(dir, 'ledger'),
    ...{ operatorOrigin: 'parley.example', vault, files: realFiles(), guard },
  });
  await ledger.createLog('alpha');
  const commit = async (name: string) => {
    const fact = {
      time: 1_763_719_200_000,
      log: 'alpha',
      agreement: new Uint8Array(32),
      body: Buffer.from(name),
    };
    await ledger.appendControl({ ...fact, event: 'key-enrolled' }).committed;
  };
  const record = async (name: string) => {
    await commit(name);
    await ledger.integrated();
  };
  const checkpoint = () => readFileSync(join(dir, 'ledger', 'alpha', 'checkpoint'), 'utf8');
  return { ledger, commit, record, checkpoint };
}

/** Without the pauses between writes, which no case is about. */
const unpaced = (store: GuardStore): GuardStore => ({ ...store, spacingMs: 0 });

/** What a guard promises, over one kind of place. @param make an empty place, gone after the test */
export function guardCases(kind: string, make: (t: TestContext) => Promise<TestedPlace>): void {
  async function prepare(t: TestContext) {
    const place = await make(t);
    const opened: GuardStore[] = [];
    t.after(() => Promise.all(opened.map((store) => store.close?.())));
    const open = () => {
      const store = unpaced(place.open());
      opened.push(store);
      return store;
    };
    return { ...place, open, dir: temporaryFolder(t) };
  }

  test(`${kind}: of any number that replace one version at once, one succeeds, and a version long gone replaces nothing`, async (t) => {
    const { open, remove } = await prepare(t);
    const stores = Array.from({ length: 8 }, open);
    assert.equal(await stores[0]!.read(), undefined);
    for (let version = 0; version < 12; version++) {
      const won = await Promise.all(
        stores.map((store, i) => store.replace(version, `${version} by ${i}`).catch(() => false)),
      );
      const found = await stores[1]!.read();
      assert.equal(won.filter(Boolean).length, 1, `version ${version}`);
      assert.deepEqual(found, { version: version + 1, text: `${version} by ${won.indexOf(true)}` });
    }
    assert.equal(await stores[2]!.replace(3, 'stale'), false);
    assert.equal(await stores[2]!.replace(0, 'first'), false);
    assert.equal(await stores[2]!.replace(13, 'of the future'), false);
    assert.equal((await stores[3]!.read())?.version, 12);
    await remove();
    assert.equal(await stores[4]!.replace(12, 'of a record that was removed'), false);
    assert.equal(await stores[5]!.read(), undefined);
  });

  test(`${kind}: while a server lives, its copy is refused on every host that shares the guard; once it has died, one takes over and the other is fenced`, async (t) => {
    const { open, dir } = await prepare(t);
    const a = await startLedger(join(dir, 'a'), createGuard(open(), GUARDED_ID, { host: 'a', wait: never }));
    await a.record('one');
    cpSync(join(dir, 'a'), join(dir, 'b'), { recursive: true });
    const alive = () => a.record('meanwhile');
    const atB = (wait: () => Promise<void>) => createGuard(open(), GUARDED_ID, { host: 'b', wait });
    await assert.rejects(startLedger(join(dir, 'b'), atB(alive)), FolderBusy);
    // The copy is behind now, whatever becomes of the original.
    await assert.rejects(startLedger(join(dir, 'b'), atB(dead)), /older copy/);
    cpSync(join(dir, 'a'), join(dir, 'c'), { recursive: true });
    const c = await startLedger(join(dir, 'c'), createGuard(open(), GUARDED_ID, { host: 'c', wait: dead }));
    await c.record('after the death');
    await assert.rejects(a.record('not dead at all'), /another server runs folder/);
    assert.equal(a.ledger.healthy(), false);
    await Promise.all([a.ledger.close(), c.ledger.close()]);
  });

  test(`${kind}: a server that stopped cleanly, or died on this host, is followed at once; a journal that went another way is refused`, async (t) => {
    const { open, dir } = await prepare(t);
    const guard = () => createGuard(open(), GUARDED_ID, { host: 'a', wait: never });
    for (const name of ['one', 'two', 'three']) {
      const { ledger, record } = await startLedger(join(dir, 'a'), guard());
      await record(name);
      await ledger.close();
      // A start that records nothing leaves nothing behind that the next one stumbles over.
      await (await startLedger(join(dir, 'a'), guard())).ledger.close();
      if (name === 'two') cpSync(join(dir, 'a'), join(dir, 'old'), { recursive: true });
    }
    await assert.rejects(startLedger(join(dir, 'old'), guard()), /older copy/);
    const unguarded: LedgerGuard = {
      claim: async () => {},
      keep: async () => {},
      assertHeld() {},
      release: async () => {},
    };
    const fork = await startLedger(join(dir, 'old'), unguarded);
    for (let i = 0; i < 5; i++) await fork.record(`fork ${i}`);
    await fork.ledger.close();
    await assert.rejects(startLedger(join(dir, 'old'), guard()), /older copy/, 'longer, and not the same');
    const killed = await startLedger(join(dir, 'a'), guard());
    await killed.record('before the kill');
    cpSync(join(dir, 'a'), join(dir, 'after'), { recursive: true });
    const next = await startLedger(join(dir, 'after'), guard());
    await next.record('after the kill');
    await Promise.all([killed.ledger.close(), next.ledger.close()]);
  });

  test(`${kind}: a guard that fails for a moment is tried again, one that failed and wrote all the same is believed, one that stays away stops the ledger`, async (t) => {
    const { open, dir } = await prepare(t);
    const inner = open();
    let clock = 0;
    let mood: 'well' | 'fails' | 'writes and fails' = 'well';
    let failures = 0;
    const reports: string[] = [];
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
    const report = (message: string) => void reports.push(message);
    const { ledger, record } = await startLedger(
      join(dir, 'a'),
      createGuard(store, GUARDED_ID, { host: 'a', wait, now: () => clock, report }),
    );
    for (const next of ['fails', 'writes and fails'] as const) {
      [mood, failures] = [next, 0];
      reports.length = 0;
      const before = (await inner.read())!.version;
      await record(next);
      assert.ok(failures > 0 && ledger.healthy());
      assert.match(reports.join('\n'), /cannot be written: EIO.*\n.*can be written again/);
      assert.equal(reports.length, 2, 'once each');
      // When a write came through whose reply was lost is not known: only one that was answered renews the lease.
      assert.equal((await inner.read())!.version, before + (next === 'fails' ? 1 : 2));
    }
    mood = 'fails';
    failures = Number.NEGATIVE_INFINITY;
    await assert.rejects(record('in vain'), /cannot be written: EIO/);
    assert.equal(ledger.healthy(), false);
    await ledger.close();
  });

  test(`${kind}: while the guard is slow calls are recorded and no checkpoint is shown; once its record was removed nothing more is`, async (t) => {
    const { open, remove, dir } = await prepare(t);
    const inner = open();
    let gate: Promise<void> = Promise.resolve();
    const store: GuardStore = {
      ...inner,
      async replace(version, text) {
        await gate;
        return inner.replace(version, text);
      },
    };
    const { ledger, commit, record, checkpoint } = await startLedger(
      dir,
      createGuard(store, GUARDED_ID, { host: 'a', wait: never }),
    );
    await record('before');
    const shown = checkpoint();
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    for (let i = 0; i < 20; i++) await commit(`while it is slow ${i}`);
    assert.equal(checkpoint(), shown);
    resolve();
    await ledger.integrated();
    assert.notEqual(checkpoint(), shown);
    const last = checkpoint();
    await remove();
    await assert.rejects(record('without a record'), /was removed/);
    assert.equal(checkpoint(), last);
    await ledger.close();
  });

  test(`${kind}: nothing starts without its guard, and the error says which`, async (t) => {
    const { open, cut, dir } = await prepare(t);
    await cut();
    const waits: number[] = [];
    const wait = async (ms: number) => void waits.push(ms);
    const guard = createGuard(open(), GUARDED_ID, { host: 'a', wait });
    await assert.rejects(startLedger(dir, guard), /the guard at .+ cannot be used: .+Make it reachable/);
    assert.deepEqual(waits, [250, 500, 1_000]);
  });
}
