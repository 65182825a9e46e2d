import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createVault, Problem } from '#kernel';
import { isDenial, OPERATOR } from './port.ts';
import { openTerms } from './terms.ts';
import { NOON, type TermsWorld, temporaryFile, world } from './testing/world.ts';

const HOUR = 3_600_000;

function works({ terms, clock }: TermsWorld, bearer: string, now = clock.now()): boolean {
  return !isDenial(terms.authenticate(bearer, { now, remote: '192.0.2.1' }));
}

function isProblem(code: string) {
  return (error: unknown) => error instanceof Problem && error.code === code;
}

test('a rotation overlaps by its hours, to the millisecond; revocation acts at once; both survive a restart', async (t) => {
  const at = await world({ file: temporaryFile(t) });
  const first = await at.app();
  const sandbox = await at.terms.addKey(OPERATOR, first.appId, { sandbox: true });
  const second = await at.terms.rotateKey(OPERATOR, first.appId);
  const third = await at.terms.rotateKey(first.licenseeId, first.appId, { overlapHours: 0 });
  const fourth = await at.terms.rotateKey(OPERATOR, first.appId, { overlapHours: 1.5 });
  await at.terms.revokeKey(OPERATOR, sandbox.keyId);
  // A key that was to end already keeps its earlier end.
  const table: [key: string, hours: number, works: boolean][] = [
    [first.bearerToken, 0, false],
    [second.bearerToken, 0, false],
    [third.bearerToken, 0, true],
    [third.bearerToken, 1.5 - 1e-9, true],
    [third.bearerToken, 1.5, false],
    [fourth.bearerToken, 100_000, true],
    [sandbox.bearerToken, 0, false],
    [sandbox.bearerToken, -100_000, false],
  ];
  const check = (one: TermsWorld) => {
    for (const [bearer, hours, expected] of table) {
      assert.equal(
        works(one, bearer, NOON + hours * HOUR),
        expected,
        `${bearer.slice(0, 12)} after ${hours} h`,
      );
    }
  };
  check(at);
  await at.terms.close();
  const again = await world({ file: at.file, clock: at.clock, records: at.ledger.records });
  check(again);
  await again.terms.close();
});

test('an overlap leaves both keys in force, and a rotation leaves keys of the other kind alone', async () => {
  const at = await world();
  const live = await at.app();
  const sandbox = await at.terms.addKey(OPERATOR, live.appId, { sandbox: true });
  const next = await at.terms.rotateKey(OPERATOR, live.appId);
  for (const [hours, old] of [
    [0, true],
    [23.99, true],
    [24, false],
  ] as const) {
    assert.equal(works(at, live.bearerToken, NOON + hours * HOUR), old);
    assert.equal(works(at, next.bearerToken, NOON + hours * HOUR), true);
    assert.equal(works(at, sandbox.bearerToken, NOON + hours * HOUR), true);
  }
  await at.terms.rotateKey(OPERATOR, live.appId, { sandbox: true, overlapHours: 0 });
  assert.equal(works(at, sandbox.bearerToken), false);
  assert.equal(works(at, next.bearerToken), true);
});

test('a clock that jumps a year ahead and back locks no key out', async () => {
  const at = await world();
  const old = await at.app();
  const next = await at.terms.rotateKey(OPERATOR, old.appId);
  assert.equal(works(at, old.bearerToken, NOON + 365 * 24 * HOUR), false);
  assert.equal(works(at, old.bearerToken, NOON), true);
  assert.equal(works(at, next.bearerToken, NOON - 365 * 24 * HOUR), true);
});

test('every key is in the log: enrolled with its fingerprint, revoked with the moment it ends', async () => {
  const at = await world();
  const first = await at.app();
  await at.terms.rotateKey(OPERATOR, first.appId, { overlapHours: 2 });
  await at.terms.revokeKey(OPERATOR, first.keyId);
  const controls = at.ledger.records.flatMap((record) =>
    record.type === 'control'
      ? [[record.event, JSON.parse(Buffer.from(record.body).toString())] as const]
      : [],
  );
  assert.deepEqual(
    controls.map(([event]) => event),
    ['agreement-accepted', 'key-enrolled', 'key-enrolled', 'key-revoked', 'key-revoked'],
  );
  assert.deepEqual(
    controls.slice(3).map(([, body]) => body),
    [
      { appId: first.appId, keyId: first.keyId, from: NOON + 2 * HOUR },
      { appId: first.appId, keyId: first.keyId, from: NOON },
    ],
  );
  assert.deepEqual(Object.keys(controls[1]![1]), ['appId', 'fingerprint', 'keyId', 'sandbox']);
});

test('tokens and secrets are nowhere on disk, nowhere in the log, and nowhere in what is listed', async (t) => {
  const at = await world({ file: temporaryFile(t) });
  const key = await at.app();
  const listed = JSON.stringify([at.terms.apps(OPERATOR), at.terms.licensees(OPERATOR)]);
  const logged = at.ledger.records
    .map((record) => (record.type === 'control' ? Buffer.from(record.body).toString() : ''))
    .join();
  await at.terms.close();
  const disk = readFileSync(at.file).toString('latin1');
  for (const secret of [key.bearerToken.slice(7), key.consumerSecret]) {
    for (const place of [disk, listed, logged]) assert.equal(place.includes(secret), false);
  }
});

test('the consumer secret comes back for signatures, only under the same master key, only while the key is in force', async (t) => {
  const at = await world({ file: temporaryFile(t) });
  const key = await at.app();
  assert.equal(at.terms.consumerSecret(key.consumerKey, NOON), key.consumerSecret);
  assert.equal(at.terms.consumerSecret('unknown', NOON), undefined);
  await at.terms.revokeKey(OPERATOR, key.keyId);
  assert.equal(at.terms.consumerSecret(key.consumerKey, NOON), undefined);
  const other = await at.terms.rotateKey(OPERATOR, key.appId);
  await at.terms.close();
  const stranger = await openTerms({
    file: at.file,
    vault: createVault(new Uint8Array(32)),
    clock: at.clock,
  });
  assert.throws(() => stranger.consumerSecret(other.consumerKey, NOON));
  await stranger.close();
});

test('consumer key and secret get the same bearer each time; an invalidated one is refused for good', async (t) => {
  const at = await world({ file: temporaryFile(t) });
  const key = await at.app();
  const from = { now: NOON, remote: '192.0.2.1' };
  const issue = (one: TermsWorld) => one.terms.issueBearer(key.consumerKey, key.consumerSecret, from);
  // The oracle: the derivation as the docs give it, written out here.
  const mac = (generation: number) =>
    createHmac('sha256', key.consumerSecret)
      .update(`bearer\n${key.keyId}\n${generation}`)
      .digest('base64url');
  assert.equal(key.bearerToken, `parley_${mac(0)}`);
  assert.deepEqual([await issue(at), await issue(at)], [key.bearerToken, key.bearerToken]);

  const invalidate = (bearer: string) =>
    at.terms.invalidateBearer(key.consumerKey, key.consumerSecret, bearer, from);
  assert.equal(await invalidate('another'), false);
  assert.deepEqual(await Promise.all([invalidate(key.bearerToken), invalidate(key.bearerToken)]), [
    true,
    false,
  ]);
  assert.equal(works(at, key.bearerToken), false);
  const next = await issue(at);
  assert.equal(next, `parley_${mac(1)}`);
  assert.ok(works(at, next));
  await at.terms.close();
  const again = await world({ file: at.file, clock: at.clock, records: at.ledger.records });
  assert.deepEqual(
    [works(again, key.bearerToken), works(again, next), await issue(again)],
    [false, true, next],
  );
  await again.terms.close();
});

test('a revoked key gets no bearer, and an invalidation under way cannot bring it back', async () => {
  const at = await world();
  const key = await at.app();
  const from = { now: NOON, remote: '192.0.2.1' };
  await Promise.all([
    at.terms.revokeKey(OPERATOR, key.keyId),
    at.terms.invalidateBearer(key.consumerKey, key.consumerSecret, key.bearerToken, from),
    at.terms.issueBearer(key.consumerKey, key.consumerSecret, from),
  ]);
  const denied = await at.terms.issueBearer(key.consumerKey, key.consumerSecret, from);
  assert.ok(typeof denied === 'object' && denied.code === 'unauthorized');
  assert.equal(works(at, key.bearerToken), false);
});

test('wrong consumer secrets are throttled by address, with the same answer as unknown keys', async () => {
  const at = await world();
  const key = await at.app();
  const from = { now: NOON, remote: '198.51.100.7' };
  for (let i = 0; i < 150; i++) {
    const name = i % 2 ? key.consumerKey : 'unknown';
    const denied = await at.terms.issueBearer(name, 'wrong', from);
    assert.ok(typeof denied === 'object' && denied.code === 'unauthorized');
  }
  const limited = await at.terms.issueBearer(key.consumerKey, 'wrong', from);
  assert.ok(typeof limited === 'object' && limited.code === 'rate-limited');
  assert.equal(await at.terms.issueBearer(key.consumerKey, key.consumerSecret, from), key.bearerToken);
});

test("a log is read by its own licensee's keys alone", async () => {
  const at = await world();
  const one = await at.app({ licensee: 'One' });
  const two = await at.app({ licensee: 'Two' });
  const table: [token: string, log: string | undefined][] = [
    [one.bearerToken, 'one'],
    [two.bearerToken, 'two'],
    [`${one.consumerKey}:${one.consumerSecret}`, 'one'],
    [`${one.consumerKey}:${two.consumerSecret}`, undefined],
    [`${one.consumerKey}:`, undefined],
    [one.consumerKey, undefined],
    ['', undefined],
    [':', undefined],
  ];
  for (const [token, log] of table) assert.equal(at.terms.logOf(token, NOON), log);
  await at.terms.revokeKey(OPERATOR, one.keyId);
  assert.equal(at.terms.logOf(one.bearerToken, NOON), undefined);
});

test('texts that are no tokens are refused, however long or strange', async () => {
  const at = await world();
  await at.app();
  for (const text of ['', ' ', '\u0000', 'x'.repeat(1_000_000), '__proto__', 'é', '🎉'.repeat(200)]) {
    assert.equal(works(at, text), false);
  }
});

test('an app has a bounded number of keys, and hours of an overlap are bounded', async () => {
  const at = await world();
  const key = await at.app();
  for (let i = 0; i < 19; i++) await at.terms.addKey(OPERATOR, key.appId);
  await assert.rejects(at.terms.addKey(OPERATOR, key.appId), isProblem('conflict'));
  await assert.rejects(at.terms.rotateKey(OPERATOR, key.appId), isProblem('conflict'));
  for (const overlapHours of [-1, Number.NaN, 1e9]) {
    await assert.rejects(
      at.terms.rotateKey(OPERATOR, key.appId, { overlapHours }),
      isProblem('body-invalid'),
    );
  }
});
