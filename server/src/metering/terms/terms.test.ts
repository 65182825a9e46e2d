import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDenial } from './port.ts';
import { post, world } from './testing/world.ts';

test('a licensee, an app, a call: the road from nothing to a charge', async () => {
  const { terms, ledger, app, call } = await world();
  const credentials = await app({ plan: 'pay-per-use', purposes: ['display', 'analytics'] });
  const charge = call(credentials, [post(1, ['2'], ['3']), post(2), post(1)]);
  assert.ok(!isDenial(charge));
  assert.equal(charge.kept, 3);
  assert.deepEqual(
    [charge.postsDelivered, charge.personsDelivered, charge.postsBilled, charge.personsBilled],
    [2, 1, 2, 1],
  );
  assert.equal(charge.priceMicros, 2 * 5000 + 10_000);
  assert.equal(charge.entry?.index, 2);
  assert.deepEqual(
    ledger.records.map((record) => (record.type === 'control' ? record.event : 'call')),
    ['agreement-accepted', 'key-enrolled', 'call'],
  );
  const again = call(credentials, [post(1)]);
  assert.ok(!isDenial(again));
  assert.equal(again.priceMicros, 0, 'the same post on the same UTC day is free');
  await terms.close();
});
