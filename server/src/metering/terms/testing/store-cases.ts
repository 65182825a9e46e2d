import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '#kernel';
import { makeAgreement, type Version } from '../agreement.ts';
import { CATALOGUE } from '../catalogue.ts';
import type { StoredKey } from '../key.ts';
import type { NewControl, TermsChange, TermsStore } from '../store.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const plan = CATALOGUE[1]!;

function version(licenseeId: string, appId: string, recipients: string[] = []): Version {
  return { agreement: makeAgreement({ appId, licenseeId }, { recipients }, plan, NOW), acceptedAt: NOW + 1 };
}

function licensee(licenseeId: string) {
  return { licenseeId, name: `Licensee ${licenseeId}`, log: `log-${licenseeId}`, createdAt: NOW };
}

function key(licenseeId: string, appId: string, keyId: string): StoredKey {
  return {
    keyId,
    appId,
    licenseeId,
    sandbox: false,
    consumerKey: `ck-${keyId}`,
    secretHash: `sh-${keyId}`,
    secretSealed: new Uint8Array([1, 2, 3]),
    bearerGeneration: 0,
    bearerHash: `bh-${keyId}`,
    createdAt: NOW,
    expiresAt: null,
    revokedAt: null,
  };
}

function control(log: string): NewControl {
  return { time: NOW, log, event: 'notice', agreement: new Uint8Array(32), body: new Uint8Array([7]) };
}

/** A licensee with an app, its agreement and a key. */
function whole(licenseeId: string, appId: string, keyId: string): TermsChange {
  return {
    licensee: licensee(licenseeId),
    app: { appId, licenseeId, name: 'app', dialect: 'auto', createdAt: NOW },
    version: version(licenseeId, appId),
    addKeys: [key(licenseeId, appId, keyId)],
    controls: [control(`log-${licenseeId}`)],
  };
}

function isProblem(code: string) {
  return (error: unknown) => error instanceof Problem && error.code === code;
}

/** What every engine of the store promises. @param open an empty store; `again` reopens what the store keeps. */
export function storeCase(
  name: string,
  open: () => Promise<{ store: TermsStore; again: () => Promise<TermsStore> }>,
): void {
  test(`${name}: what a change wrote is there after a restart, rows as they were`, async () => {
    const { store, again } = await open();
    const change = whole('1', '10', 'k1');
    const [pending] = await store.change('1', change);
    await store.addPlan({ ...plan, name: 'own' });
    await store.change('1', {
      updateKeys: [{ ...change.addKeys![0]!, expiresAt: 5, revokedAt: 6, bearerHash: null }],
    });
    await store.close();
    const reopened = await again();
    const all = await reopened.everything();
    assert.deepEqual(all.licensees, [change.licensee]);
    assert.deepEqual(all.apps, [change.app]);
    assert.deepEqual(all.versions, [change.version]);
    assert.deepEqual(all.plans, [{ ...plan, name: 'own' }]);
    assert.deepEqual(all.keys, [{ ...change.addKeys![0]!, expiresAt: 5, revokedAt: 6, bearerHash: null }]);
    assert.deepEqual(all.controls, [pending]);
    await reopened.controlsWritten('1', [pending!.seq]);
    assert.deepEqual((await reopened.everything()).controls, []);
    await reopened.close();
  });

  test(`${name}: no call reaches another tenant's rows, and a refused change leaves nothing behind`, async () => {
    const { store } = await open();
    const mine = whole('1', '10', 'k1');
    const theirs = whole('2', '20', 'k2');
    await store.change('1', mine);
    const [pending] = await store.change('2', theirs);
    const before = await store.everything();
    const attempts: [string, TermsChange][] = [
      ["another's key", { updateKeys: [{ ...theirs.addKeys![0]!, revokedAt: 1 }] }],
      [
        "another's key under my name",
        { updateKeys: [{ ...theirs.addKeys![0]!, licenseeId: '1', revokedAt: 1 }] },
      ],
      ["another's key under my name and app", { updateKeys: [{ ...key('1', '10', 'k2'), revokedAt: 1 }] }],
      ["a key for another's app", { addKeys: [key('1', '20', 'k3')] }],
      ["a key for another's app, as theirs", { addKeys: [key('2', '20', 'k3')] }],
      ["an agreement for another's app", { version: version('1', '20') }],
      [
        'an app for another',
        { app: { appId: '30', licenseeId: '2', name: 'x', dialect: 'auto', createdAt: NOW } },
      ],
      ['a mixture', { controls: [control('log-1')], addKeys: [key('1', '10', 'k4'), key('1', '20', 'k5')] }],
      ['an app that is not there', { addKeys: [key('1', '99', 'k6')] }],
    ];
    for (const [what, change] of attempts) {
      await assert.rejects(store.change('1', change), isProblem('not-found'), what);
      assert.deepEqual(await store.everything(), before, what);
    }
    await store.controlsWritten('1', [pending!.seq]);
    assert.deepEqual(await store.everything(), before, "another's control entries stay");
    await store.close();
  });

  test(`${name}: what is taken is a conflict, and nothing of the change is kept`, async () => {
    const { store } = await open();
    await store.change('1', whole('1', '10', 'k1'));
    await store.addPlan({ ...plan, name: 'own' });
    const before = await store.everything();
    const attempts: [string, TermsChange][] = [
      ['a log', { licensee: { ...licensee('2'), log: 'log-1' } }],
      [
        'an app id',
        {
          app: { appId: '10', licenseeId: '2', name: 'x', dialect: 'auto', createdAt: NOW },
          licensee: licensee('2'),
        },
      ],
      ['a key id', { ...whole('2', '20', 'k1') }],
    ];
    for (const [what, change] of attempts) {
      await assert.rejects(store.change('2', change), isProblem('conflict'), what);
      assert.deepEqual(await store.everything(), before, what);
    }
    await assert.rejects(
      store.change('1', { version: version('1', '10', ['other']) }),
      isProblem('conflict'),
      'a version is never replaced',
    );
    await assert.rejects(store.addPlan({ ...plan, name: 'own' }), isProblem('conflict'));
    assert.deepEqual(await store.everything(), before);
    await store.close();
  });
}
