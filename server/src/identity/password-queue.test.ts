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
