import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Problem } from '#kernel';
import { isLogName } from '#ledger';
import { logName } from './log-name.ts';
import { isDenial, OPERATOR, type Terms } from './port.ts';
import { post, REQUEST, temporaryFile, world } from './testing/world.ts';

function isProblem(code: string) {
  return (error: unknown) => error instanceof Problem && error.code === code;
}

test("any name gives a log's name that the ledger takes, and a readable one where it can", () => {
  const table: [string, string][] = [
    ['Example Ads', 'example-ads'],
    ['  Ünïted Müsic & Söhne GmbH ', 'united-music-sohne-gmbh'],
    ['広告', 'licensee'],
    ['--__--', 'licensee'],
  ];
  for (const [name, log] of table)
    assert.equal(
      logName(name, () => false),
      log,
    );
  for (const name of ['tile', 'Checkpoint', 'journal', 'snapshots', 'heads']) {
    assert.match(
      logName(name, () => false),
      /^[a-z]+-[0-9a-f]{8}$/,
      'not a name that the folder or the root log has',
    );
  }
  assert.match(
    logName('Example Ads', (log) => log === 'example-ads'),
    /^example-ads-[0-9a-f]{8}$/,
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (name) =>
      isLogName(logName(name, () => false)),
    ),
  );
});

test('agreement and key are in the log before the key works, and both survive a restart', async (t) => {
  const at = await world({ file: temporaryFile(t) });
  const key = await at.app({ purposes: ['analytics'], recipients: ['Example Agency'] });
  await at.terms.amendAgreement(OPERATOR, key.appId, { plan: 'pro' });
  const [one, two] = at.terms.agreements(key.licenseeId, key.appId);
  assert.deepEqual(
    [one?.plan.name, two?.plan.name, two?.purposes, two?.recipients],
    ['basic', 'pro', ['analytics'], ['Example Agency']],
  );
  for (const agreement of [one!, two!]) assert.equal(at.terms.agreementByHash(agreement.hashHex), agreement);
  await at.terms.close();
  const again = await world({ file: at.file, clock: at.clock, records: at.ledger.records });
  assert.deepEqual(again.terms.agreements(OPERATOR, key.appId), [one, two]);
  assert.equal(again.caller(key).agreement.plan.name, 'pro');
  assert.deepEqual(again.ledger.records, at.ledger.records, 'nothing is written twice');
  await again.terms.close();
});

test('what the ledger could not take is not in force, and is written at the next start', async (t) => {
  const at = await world({ file: temporaryFile(t) });
  const key = await at.app();
  at.ledger.fail();
  await assert.rejects(
    at.terms.rotateKey(OPERATOR, key.appId, { overlapHours: 0 }),
    isProblem('ledger-unavailable'),
  );
  assert.ok(at.caller(key), 'the old key still works: the new one was shown to nobody');
  await assert.rejects(at.terms.revokeKey(OPERATOR, key.keyId), isProblem('ledger-unavailable'));
  const from = { now: at.clock.now(), remote: '192.0.2.1' };
  assert.ok(isDenial(at.terms.authenticate(key.bearerToken, from)), 'a leaked key is refused even so');
  await at.terms.close();

  const again = await world({ file: at.file, clock: at.clock, records: at.ledger.records });
  const events = again.ledger.records.slice(2).map((record) => record.type === 'control' && record.event);
  assert.deepEqual(events, ['key-enrolled', 'key-revoked', 'key-revoked']);
  assert.ok(isDenial(again.terms.authenticate(key.bearerToken, from)));
  await again.terms.close();
  const third = await world({ file: at.file, clock: at.clock, records: again.ledger.records });
  assert.equal(third.ledger.records.length, again.ledger.records.length, 'written once');
  await third.terms.close();
});

test("another tenant's licensees, apps, keys and agreements do not exist", async () => {
  const { terms, app } = await world();
  const mine = await app({ licensee: 'Mine' });
  const theirs = await app({ licensee: 'Theirs' });
  const tenant = mine.licenseeId;
  const period = { from: 0, to: 86_400_000 };
  const attempts: [string, (terms: Terms) => unknown][] = [
    ['addApp', () => terms.addApp(tenant, { licenseeId: theirs.licenseeId, plan: 'basic' })],
    ['addKey', () => terms.addKey(tenant, theirs.appId)],
    ['rotateKey', () => terms.rotateKey(tenant, theirs.appId)],
    ['revokeKey', () => terms.revokeKey(tenant, theirs.keyId)],
    ['amendAgreement', () => terms.amendAgreement(tenant, theirs.appId, { plan: 'pro' })],
    ['agreements', async () => terms.agreements(tenant, theirs.appId)],
    ['logCounters', async () => terms.logCounters(tenant, theirs.licenseeId, period)],
  ];
  for (const [name, attempt] of attempts) {
    await assert.rejects(
      Promise.resolve().then(() => attempt(terms)),
      isProblem('not-found'),
      name,
    );
  }
  for (const unknown of ['', '*', "' OR 1=1", '__proto__']) {
    await assert.rejects(
      Promise.resolve().then(() => terms.rotateKey(tenant, unknown)),
      isProblem('not-found'),
    );
  }
  assert.deepEqual(
    terms.apps(tenant).map(({ appId }) => appId),
    [mine.appId],
  );
  assert.deepEqual(
    terms.licensees(tenant).map(({ licenseeId }) => licenseeId),
    [tenant],
  );
  assert.deepEqual(
    terms.usage(tenant, period).apps.map(({ appId }) => appId),
    [mine.appId],
  );
  assert.equal(terms.apps(OPERATOR).length, 2);
});

test('names, plans and licensees that cannot be are refused', async () => {
  const { terms } = await world();
  for (const name of ['', '  ', 'a\nb', '\ud800', 'x'.repeat(201)]) {
    await assert.rejects(terms.addLicensee(name), isProblem('body-invalid'));
  }
  const { licenseeId } = await terms.addLicensee('x'.repeat(200));
  await assert.rejects(terms.addApp(OPERATOR, { licenseeId, plan: 'gold' }), isProblem('not-found'));
  await assert.rejects(terms.addApp(OPERATOR, { licenseeId: '404', plan: 'basic' }), isProblem('not-found'));
  await assert.rejects(
    terms.addApp(OPERATOR, { licenseeId, plan: 'basic', purposes: ['x'] }),
    isProblem('body-invalid'),
  );
  assert.deepEqual(terms.apps(OPERATOR), []);
});

test('an app without a name of its own is called after its licensee, for persons read it', async () => {
  const { terms } = await world();
  const { licenseeId } = await terms.addLicensee('Example Ads');
  const agreed = { licenseeId, plan: 'basic', purposes: ['display'] as const };
  await terms.addApp(OPERATOR, { ...agreed });
  await terms.addApp(OPERATOR, { ...agreed, name: 'Trends' });
  await terms.addApp(OPERATOR, { ...agreed });
  assert.deepEqual(
    terms.apps(OPERATOR).flatMap((one) => (one.licenseeId === licenseeId ? [one.name] : [])),
    ['Example Ads app', 'Trends', 'Example Ads app 2'],
  );
});

test('two licensees, or two apps of a licensee, of one name are refused, case ignored', async () => {
  const { terms } = await world();
  const { licenseeId } = await terms.addLicensee('Café Ads');
  const other = await terms.addLicensee('Other');
  await assert.rejects(terms.addLicensee('CAFE\u0301 ads'), {
    code: 'conflict',
    message: new RegExp(`There is a licensee Café Ads already: ${licenseeId}\\.`),
  });
  const agreed = { plan: 'basic', purposes: ['display'] as const, name: 'Trends' };
  await terms.addApp(OPERATOR, { ...agreed, licenseeId });
  await terms.addApp(OPERATOR, { ...agreed, licenseeId: other.licenseeId });
  await assert.rejects(terms.addApp(OPERATOR, { ...agreed, licenseeId, name: 'trends' }), {
    code: 'conflict',
  });
});

test('acts that come at once are done one after another', async () => {
  const { terms, app } = await world();
  const key = await app();
  const versions = await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      terms.amendAgreement(OPERATOR, key.appId, { recipients: [String(i)] }),
    ),
  );
  assert.deepEqual(
    versions.map(({ version }) => version),
    [2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  );
  const same = await Promise.all([terms.addLicensee('Same'), terms.addLicensee('Same!')]);
  assert.notEqual(same[0].log, same[1].log);
  const twice = await Promise.allSettled([terms.addLicensee('Twice'), terms.addLicensee('twice')]);
  assert.deepEqual(
    twice.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
});

test('a call that was under way when a newer version came is charged by that one, or refused by it', async () => {
  const { terms, app, caller, clock, ledger } = await world();
  const key = await app({ plan: 'pay-per-use', purposes: ['display', 'analytics'] });
  const admit = (purpose: string) => {
    const admission = terms.admit(caller(key), 'getPostsById', { now: clock.now(), purpose });
    assert.ok(!isDenial(admission));
    return () => terms.charge(admission, [post(1)], { time: clock.now(), status: 200, request: REQUEST });
  };
  const [display, analytics] = [admit('display'), admit('analytics')];
  const amended = await terms.amendAgreement(OPERATOR, key.appId, { plan: 'pro', purposes: ['display'] });
  const charge = display();
  assert.ok(!isDenial(charge) && charge.priceMicros === 0);
  assert.deepEqual(ledger.records.at(-1)?.agreement, amended.hash);
  const refused = analytics();
  assert.ok(isDenial(refused) && refused.fields.reason === 'purpose-not-agreed');
});

test('a call that was under way when its key or agreement ended is refused, and recorded nowhere', async () => {
  const { terms, app, caller, clock, ledger } = await world();
  const key = await app({ end: clock.now() + 3_600_000 });
  const sandbox = await terms.addKey(OPERATOR, key.appId, { sandbox: true });
  const under = [key, key, sandbox].map((one) => {
    const admission = terms.admit(caller(one), 'getPostsById', { now: clock.now() });
    assert.ok(!isDenial(admission));
    return () => terms.charge(admission, [post(1)], { time: clock.now(), status: 200, request: REQUEST });
  });
  await terms.revokeKey(OPERATOR, sandbox.keyId);
  await terms.rotateKey(OPERATOR, key.appId, { overlapHours: 0.5 });
  const before = ledger.records.length;
  const code = (index: number) => {
    const charge = under[index]!();
    return isDenial(charge) ? charge.code : 'charged';
  };
  assert.equal(code(2), 'unauthorized', 'revoked');
  clock.advance(1_799_999);
  assert.equal(code(0), 'charged', 'within the overlap');
  clock.advance(1);
  assert.equal(code(1), 'unauthorized', 'after it');
  assert.equal(ledger.records.length, before + 1);
  const late = terms.admit(caller(await terms.addKey(OPERATOR, key.appId)), 'getPostsById', {
    now: clock.now(),
  });
  assert.ok(!isDenial(late));
  clock.advance(1_800_000);
  const ended = terms.charge(late, [post(2)], { time: clock.now(), status: 200, request: REQUEST });
  assert.ok(isDenial(ended) && ended.fields.reason === 'agreement-ended');
});
