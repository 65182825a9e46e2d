import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createGuard } from './guard.ts';
import { type GuardPlace, guardPlace } from './guard-place.ts';
import { guardInS3 } from './guard-s3.ts';
import { GUARDED_ID, guardCases, startLedger, temporaryFolder } from './testing/guard-cases.ts';
import { type FakeS3, fakeS3, type S3Trouble } from './testing/s3.ts';

const placeOf = ({ env }: FakeS3) => guardPlace('s3://guards/of/parley', env) as GuardPlace & { kind: 's3' };
const storeAt = (s3: FakeS3, requestMs?: number) => guardInS3(placeOf(s3), GUARDED_ID, s3.env, requestMs);

guardCases('S3', async (t) => {
  const s3 = await fakeS3(t);
  return { open: () => storeAt(s3), remove: s3.remove, cut: s3.close };
});

const TROUBLES: S3Trouble[] = ['lost reply', 'late', 409, 500, 503];

for (const trouble of TROUBLES) {
  test(`S3: after "${trouble}" the ledger goes on, and the record is its own`, async (t) => {
    const s3 = await fakeS3(t);
    const wait = async () => s3.deliver();
    const guard = createGuard({ ...storeAt(s3), spacingMs: 0 }, GUARDED_ID, { host: 'a', wait });
    const { ledger, record } = await startLedger(temporaryFolder(t), guard);
    for (let i = 0; i < 3; i++) {
      s3.troubles.push(trouble, trouble);
      await record(`${trouble} ${i}`);
    }
    assert.equal(s3.troubles.length, 0);
    assert.ok(ledger.healthy());
    await ledger.close();
    assert.equal(JSON.parse((await storeAt(s3).read())!.text).released, true);
  });
}

test('S3: a write that arrives after the folder was taken over changes nothing', async (t) => {
  const s3 = await fakeS3(t);
  const [a, b] = [storeAt(s3), storeAt(s3)];
  assert.ok(await a.replace(0, 'a'));
  s3.troubles.push('late');
  await assert.rejects(a.replace(1, 'a again'));
  assert.equal((await b.read())?.version, 1);
  assert.ok(await b.replace(1, 'b'));
  s3.deliver();
  assert.deepEqual(await b.read(), { version: 2, text: 'b' });
});

test('S3: the same text twice has two ETags, so that an old version is never taken for the newest', async (t) => {
  const s3 = await fakeS3(t);
  const [a, b] = [storeAt(s3), storeAt(s3)];
  await a.replace(0, 'same');
  await b.read();
  await a.replace(1, 'same');
  assert.equal(await b.replace(1, 'from an old version'), false);
  assert.deepEqual(await a.read(), { version: 2, text: 'same' });
});

test('S3: a request without a reply is given up', async (t) => {
  const s3 = await fakeS3(t);
  await storeAt(s3).replace(0, 'first');
  s3.troubles.push('silence');
  await assert.rejects(storeAt(s3, 50).replace(1, 'second'), /timeout/i);
});

for (const header of ['if-match', 'if-none-match'] as const) {
  test(`S3: a service that ignores ${header} is refused as a guard, before it holds a record`, async (t) => {
    const s3 = await fakeS3(t);
    s3.ignore(header);
    const guard = createGuard(storeAt(s3), GUARDED_ID, { wait: async () => {} });
    await assert.rejects(
      guard.claim(async () => true),
      /ignores If-None-Match or If-Match/,
    );
    assert.equal(s3.puts(), 0);
  });
}

async function claimError(t: TestContext, change: (s3: FakeS3) => Record<string, string>): Promise<string> {
  const s3 = await fakeS3(t);
  const env = { ...s3.env, ...change(s3) };
  const place = guardPlace('s3://guards', env) as GuardPlace & { kind: 's3' };
  const guard = createGuard(guardInS3(place, GUARDED_ID, env), GUARDED_ID, { wait: async () => {} });
  const error: Error = await guard
    .claim(async () => true)
    .then(
      () => assert.fail('claimed'),
      (cause) => cause,
    );
  assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /wJalr|wrong-secret/);
  return error.message;
}

test('S3: refusals are told by S3’s own word, without the secret, and replies are read within bounds', async (t) => {
  const message = (change: (s3: FakeS3) => Record<string, string>) => claimError(t, change);
  assert.match(await message(() => ({ AWS_SECRET_ACCESS_KEY: 'wrong-secret' })), /403 SignatureDoesNotMatch/);
  assert.match(await message(() => ({ AWS_ACCESS_KEY_ID: 'AKIA0' })), /403 InvalidAccessKeyId/);
  assert.match(await message(() => ({ AWS_REGION: 'eu-test-2' })), /403 AuthorizationHeaderMalformed/);
  const answering = (status: number, body: string) => (s3: FakeS3) => {
    s3.answer(status, body);
    return {};
  };
  assert.match(await message(answering(302, '')), /GET was answered with 302/);
  assert.match(await message(answering(200, 'x'.repeat(70_000))), /more than 65536 bytes/);
  assert.match(await message(answering(404, '<Error><Code>NoSuchBucket</Code></Error>')), /404 NoSuchBucket/);
  assert.match(await message(answering(200, '{}')), /the object is no record/);
  assert.match(await message(answering(200, 'x')), /cannot be used/);
});

test('S3: without credentials there is no guard, and the error names the variables', () => {
  const env = { AWS_REGION: 'eu-test-1' };
  const place = guardPlace('s3://guards/of/parley', env) as GuardPlace & { kind: 's3' };
  assert.throws(() => guardInS3(place, GUARDED_ID, env), /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/);
});
