import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { runs } from '#test/runs';
import { createFairQueue, type FairQueueLimits } from './fair-queue.ts';

/** Work that ends when the test says so, and the order in which it began. */
function bench(limits: FairQueueLimits) {
  const queue = createFairQueue(limits);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const add = (owner: string, options: { heavy?: boolean; signal?: AbortSignal } = {}) => {
    const [tenant = '', member] = owner.split('/');
    const name = `${owner}#${begun.length + ends.size}`;
    return queue.run(
      { tenant, member },
      () => {
        begun.push(owner);
        return new Promise<void>((resolve) => ends.set(name, resolve));
      },
      options,
    );
  };
  const endOne = async () => {
    const [name, end] = [...ends][0]!;
    ends.delete(name);
    end();
    await turn();
  };
  return { queue, begun, add, endOne, underWay: () => ends.size };
}

test('tenants take turns, and their members within them', async () => {
  const { queue, begun, add, endOne } = bench({ atOnce: 1 });
  for (const owner of ['a/1', 'a/1', 'a/1', 'a/2', 'b/1', 'b/1', 'c/1']) void add(owner);
  await turn();
  for (let at = 0; at < 7; at += 1) await endOne();
  assert.deepEqual(begun, ['a/1', 'a/1', 'b/1', 'c/1', 'a/2', 'b/1', 'a/1']);
  assert.deepEqual(queue.state(), { waiting: 0, running: 0 });
});

test('a tenant has no more than its share under way, and heavy work leaves a place for the rest', async () => {
  const { begun, add, endOne } = bench({ atOnce: 2, atOnceEach: 1, heavyAtOnce: 1 });
  void add('a', { heavy: true });
  void add('a');
  void add('b', { heavy: true });
  await turn();
  assert.deepEqual(begun, ['a']);
  void add('c');
  await turn();
  assert.deepEqual(begun, ['a', 'c']);
  await endOne();
  assert.deepEqual(begun, ['a', 'c', 'a']);
  await endOne();
  assert.deepEqual(begun, ['a', 'c', 'a', 'b']);
});

test('what waits is bounded, in all, of a tenant and of a member; what gave up makes module at once', async () => {
  const { queue, begun, add } = bench({
    atOnce: 1,
    waitingMax: 4,
    waitingEachMax: 3,
    waitingMemberMax: 2,
    retryAfterSeconds: 7,
  });
  const full = { code: 'overloaded', headers: { 'retry-after': '7' } };
  void add('x');
  const given = new AbortController();
  const left = add('a/1', { signal: given.signal });
  void add('a/1');
  await assert.rejects(add('a/1'), full);
  void add('a/2');
  await assert.rejects(add('a/2'), full);
  void add('b');
  await assert.rejects(add('c'), full);
  given.abort(new Error('out of patience'));
  await assert.rejects(left, /out of patience/);
  assert.deepEqual(queue.state(), { waiting: 3, running: 1 });
  void add('c');
  assert.deepEqual(begun, ['x']);
  await assert.rejects(add('d', { signal: AbortSignal.abort(new Error('before')) }), /before/);
});

test('work that fails gives its place back', async () => {
  const queue = createFairQueue({ atOnce: 1 });
  await assert.rejects(
    queue.run({ tenant: 'a' }, () => Promise.reject(new Error('no'))),
    /no/,
  );
  assert.equal(await queue.run({ tenant: 'a' }, async () => 1), 1);
});

test('whatever comes and goes, limits hold, nothing starves and nothing is left over', async () => {
  const act = fc.oneof(
    fc.record({ owner: fc.constantFrom('a/1', 'a/2', 'b/1', 'c/1'), heavy: fc.boolean() }),
    fc.constant('end' as const),
    fc.constant('give up' as const),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
      const queue = createFairQueue({ atOnce: 3, atOnceEach: 2, heavyAtOnce: 1, waitingEachMax: 5 });
      const running: { tenant: string; heavy: boolean; end(): void }[] = [];
      const givers: AbortController[] = [];
      const all: Promise<unknown>[] = [];
      for (const one of acts) {
        if (one === 'end') running.shift()?.end();
        else if (one === 'give up') givers.shift()?.abort(new Error('gave up'));
        else {
          const [tenant = '', member] = one.owner.split('/');
          const giver = new AbortController();
          givers.push(giver);
          const work = () => new Promise<void>((end) => void running.push({ tenant, heavy: one.heavy, end }));
          all.push(
            queue.run({ tenant, member }, work, { heavy: one.heavy, signal: giver.signal }).catch(() => 0),
          );
        }
        await turn();
        assert.ok(running.length <= 3);
        assert.ok(running.filter(({ heavy }) => heavy).length <= 1);
        for (const name of ['a', 'b', 'c'])
          assert.ok(running.filter(({ tenant }) => tenant === name).length <= 2);
        assert.equal(queue.state().running, running.length);
      }
      while (running.length > 0) {
        running.shift()!.end();
        await turn();
      }
      await Promise.all(all);
      assert.deepEqual(queue.state(), { waiting: 0, running: 0 });
    }),
    { numRuns: runs(100) },
  );
});
