import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '#kernel';
import { createPasswordQueue, type HashOwner } from './password-queue.ts';

/** A queue whose work ends when the test says so, in the order in which it began. */
function drill() {
  const queue = createPasswordQueue();
  const running: { name: string; end(): void }[] = [];
  const began: string[] = [];
  const shed: string[] = [];
  const under: Promise<unknown>[] = [];
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  /** Ends what began first. */
  async function endOne() {
    running.shift()?.end();
    await turn();
  }
  return {
    began,
    shed,
    async add(name: string, owner: HashOwner) {
      const work = () =>
        new Promise<void>((end) => {
          began.push(name);
          running.push({ name, end });
        });
      under.push(
        queue.run(owner, work).catch((error: unknown) => {
          assert.ok(error instanceof Problem && error.code === 'overloaded', String(error));
          assert.match(error.headers['retry-after'] ?? '', /^\d+$/);
          shed.push(name);
        }),
      );
      await turn();
    },
    endOne,
    async settle() {
      while (running.length > 0) await endOne();
      await Promise.all(under);
    },
  };
}

/** Who floods, and how many of its hashes another person waits for at most. */
const FLOODS: readonly [what: string, owner: (index: number) => HashOwner, ahead: number][] = [
  ['one account from one address', () => ({ account: 'mallory', address: '192.0.2.1' }), 0],
  ['many accounts from one address', (index) => ({ account: `m${index}`, address: '192.0.2.1' }), 0],
  ['one account from many addresses', (index) => ({ account: 'mallory', address: `192.0.2.${index}` }), 3],
];

for (const [what, owner, ahead] of FLOODS) {
  test(`40 sign-ins of ${what} make another person wait for ${ahead} of them at most`, async () => {
    const { add, endOne, settle, began, shed } = drill();
    for (let index = 0; index < 40; index += 1) await add('flood', owner(index));
    assert.ok(shed.length >= 30, `the rest is shed: ${shed.length}`);
    await add('alice', { account: 'alice', address: '198.51.100.7' });
    for (let ended = 0; ended < ahead; ended += 1) await endOne();
    assert.ok(began.includes('alice'), `after ${ahead} turns, with ${began.length} begun`);
    assert.equal(shed.includes('alice'), false);
    await settle();
  });
}

test('what was shed or has ended takes no place of what comes later', async () => {
  const { add, settle, shed, began } = drill();
  const owner = { account: 'mallory', address: '192.0.2.1' };
  for (let index = 0; index < 40; index += 1) await add('flood', owner);
  await settle();
  const before = shed.length;
  for (let index = 0; index < 4; index += 1) await add('later', owner);
  await settle();
  assert.equal(shed.length, before);
  assert.equal(began.filter((name) => name === 'later').length, 4);
});

test('an address that is busy leaves a place to every other one', async () => {
  const { add, settle, began } = drill();
  for (let index = 0; index < 9; index += 1) await add('office', { account: `a${index}`, address: 'one' });
  assert.deepEqual(began, ['office'], 'one at a time of one address');
  await add('alice', { account: 'alice', address: 'two' });
  assert.deepEqual(began, ['office', 'alice'], 'at once');
  await settle();
});

/** Strangers who fill their places in each way that there is: each from an address of its own. */
const STRANGERS: readonly [what: string, account: (index: number) => string][] = [
  ['to different accounts', (index) => `name m${index}`],
  ['to the same few accounts', (index) => `name m${index % 10}`],
];

for (const [what, account] of STRANGERS) {
  test(`40 addresses that sign in ${what} leave places to 8 browsers that signed in before`, async () => {
    const { add, settle, began, shed } = drill();
    for (let index = 0; index < 40; index += 1)
      await add('flood', { account: account(index), address: `192.0.2.${index}` });
    assert.ok(shed.length >= 16, `strangers share three quarters: ${shed.length} shed`);
    const own = Array.from({ length: 8 }, (_, index) => `own ${index}`);
    for (const [index, name] of own.entries())
      await add(name, { account: name, address: `198.51.100.${index}`, isKnown: true });
    assert.deepEqual(
      shed.filter((name) => name !== 'flood'),
      [],
    );
    await settle();
    assert.deepEqual(
      began.filter((name) => name !== 'flood'),
      own,
    );
  });
}

test('tries that are not the first of their account leave places to first ones', async () => {
  const { add, settle, shed } = drill();
  for (let index = 0; index < 5; index += 1)
    for (let again = 0; again < 4; again += 1)
      await add('flood', { account: `name m${index}`, address: `192.0.2.${index * 4 + again}` });
  for (let index = 0; index < 2; index += 1)
    for (let again = 0; again < 4; again += 1)
      await add('more', { account: `name n${index}`, address: `203.0.113.${index * 4 + again}` });
  assert.ok(shed.includes('more'));
  await add('alice', { account: 'name alice', address: '198.51.100.7' });
  assert.equal(shed.includes('alice'), false);
  await settle();
});

test('browsers that signed in before leave places to others, and one account’s own to other accounts’', async () => {
  const { add, settle, shed } = drill();
  for (let index = 0; index < 40; index += 1)
    await add('own', { account: `own ${index}`, address: `192.0.2.${index}`, isKnown: true });
  assert.equal(shed.length, 40 - 24);
  for (let index = 0; index < 8; index += 1)
    await add('stranger', { account: `name ${index}`, address: `198.51.100.${index}` });
  assert.equal(shed.includes('stranger'), false);
  await settle();

  const second = drill();
  for (let index = 0; index < 40; index += 1)
    await second.add('flood', { account: `name ${index}`, address: `192.0.2.${index}` });
  for (let index = 0; index < 4; index += 1)
    await second.add('mallory', { account: 'own mallory', address: `203.0.113.${index}`, isKnown: true });
  assert.equal(second.shed.filter((name) => name === 'mallory').length, 3, 'one at a time');
  await second.add('alice', { account: 'own alice', address: '198.51.100.7', isKnown: true });
  assert.equal(second.shed.includes('alice'), false);
  await second.settle();
});
