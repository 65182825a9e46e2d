import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Api, apiWorld, type Json } from './api.ts';

const RULES = '/2/tweets/search/stream/rules';

async function add(api: Api, app: { bearerToken: string }, ...values: string[]): Promise<Json> {
  return (
    await api.send('POST', app, RULES, { add: values.map((value) => ({ value, tag: `tag ${value}` })) })
  ).json;
}

describe('stream rules', () => {
  test('are added with ids, listed, counted, and gone when deleted by id, by value, and all', async (t) => {
    const api = await apiWorld(t);
    const app = await api.app();
    assert.deepEqual(Object.keys((await api.get(app, RULES)).json), ['meta'], 'no data when there are none');
    const reply = await api.send('POST', app, RULES, {
      add: [{ value: 'cat has:media', tag: 'cats' }, { value: 'dog' }],
    });
    assert.equal(reply.status, 201);
    assert.deepEqual(reply.json.meta.summary, { created: 2, not_created: 0, valid: 2, invalid: 0 });
    assert.equal(reply.json.meta.sent, '2026-11-21T10:00:00.000Z');
    const [cats, dogs] = reply.json.data;
    assert.deepEqual(
      [cats.value, cats.tag, dogs.value, 'tag' in dogs],
      ['cat has:media', 'cats', 'dog', false],
    );
    const listed = (await api.get(app, RULES)).json;
    assert.deepEqual(listed.data, reply.json.data);
    assert.equal(listed.meta.result_count, 2);
    assert.deepEqual((await api.get(app, `${RULES}?ids=${dogs.id}`)).json.data, [dogs]);
    const first = (await api.get(app, `${RULES}?max_results=1`)).json;
    assert.deepEqual(first.data, [cats]);
    const second = (await api.get(app, `${RULES}?max_results=1&pagination_token=${first.meta.next_token}`))
      .json;
    assert.deepEqual([second.data, second.meta.next_token], [[dogs], undefined]);
    const counts = (await api.get(app, `${RULES}/counts`)).json.data;
    assert.deepEqual([counts.cap_per_client_app, counts.client_app_rules_count.rule_count], ['1000', 2]);

    const gone = await api.send('POST', app, RULES, { delete: { ids: [cats.id, '77'] } });
    assert.equal(gone.status, 200);
    assert.deepEqual(gone.json.meta.summary, { deleted: 1, not_deleted: 1 });
    assert.equal(gone.json.errors[0].value, '77');
    const byValue = await api.send('POST', app, RULES, { delete: { values: ['dog'] } });
    assert.deepEqual(byValue.json.meta.summary, { deleted: 1, not_deleted: 0 });
    await add(api, app, 'one', 'two');
    const all = await api.send('POST', app, `${RULES}?delete_all=true`, {});
    assert.equal(all.json.meta.summary.deleted, 2);
    assert.equal((await api.get(app, RULES)).json.data, undefined);
    assert.deepEqual(api.mistakes, []);
  });

  test('that are duplicates or cannot be read are refused one by one, with the parser’s words', async (t) => {
    const api = await apiWorld(t);
    const app = await api.app();
    const { data } = await add(api, app, 'cat');
    const reply = await add(api, app, 'cat', 'has:media', 'dog', 'dog');
    assert.deepEqual(reply.meta.summary, { created: 1, not_created: 3, valid: 1, invalid: 3 });
    assert.deepEqual(
      reply.errors.map((one: Json) => [one.value, one.title, one.type.split('/').at(-1)]),
      [
        ['cat', 'DuplicateRule', 'duplicate-rules'],
        ['has:media', 'InvalidRule', 'invalid-rules'],
        ['dog', 'DuplicateRule', 'duplicate-rules'],
      ],
    );
    assert.equal(reply.errors[0].id, data[0].id);
    assert.match(reply.errors[1].details[0], /standalone operator/);
  });

  test('of a dry run are not kept, and none are deleted by one', async (t) => {
    const api = await apiWorld(t);
    const app = await api.app();
    await add(api, app, 'cat');
    const dry = await api.send('POST', app, `${RULES}?dry_run=true`, { add: [{ value: 'dog' }] });
    assert.equal(dry.json.meta.summary.created, 1);
    await api.send('POST', app, `${RULES}?dry_run=true&delete_all=true`, {});
    await api.send('POST', app, RULES, { add: [{ value: 'fox' }] }, { 'parley-dry-run': '1' });
    assert.deepEqual(
      (await api.get(app, RULES)).json.data.map((one: Json) => one.value),
      ['cat'],
    );
  });

  test('stay within the plan’s number and length, and belong to their app alone', async (t) => {
    const api = await apiWorld(t);
    await api.world.terms.addPlan({
      name: 'few',
      base: 'pro',
      streams: { connections: 1, rules: 2, ruleLength: 10 },
    });
    const app = await api.app({ plan: 'few' });
    const other = await api.app();
    const long = await add(api, app, 'a rather long rule');
    assert.equal(long.errors[0].title, 'InvalidRule');
    const three = await api.send('POST', app, RULES, {
      add: ['one', 'two', 'three'].map((value) => ({ value })),
    });
    assert.equal(three.status, 422);
    assert.equal(three.json.title, 'RulesCapExceeded');
    assert.equal((await api.get(app, RULES)).json.data, undefined, 'nothing was added');
    const { data } = await add(api, app, 'one', 'two');
    assert.equal((await api.get(other, RULES)).json.data, undefined);
    assert.equal(
      (await api.send('POST', other, RULES, { delete: { ids: [data[0].id] } })).json.meta.summary.deleted,
      0,
    );
    const basic = await api.app({ plan: 'basic' });
    assert.equal((await api.get(basic, RULES)).status, 403);
  });

  test('outlive a restart', async (t) => {
    const api = await apiWorld(t);
    const app = await api.app();
    const { data } = await add(api, app, 'cat', 'dog');
    const { appId } = api.world.terms.apps('*')[0]!;
    const again = await api.world.restart();
    assert.deepEqual(again.streams.rules.list(appId), data);
  });

  test('a body that is none is a 400 that says what is wrong', async (t) => {
    const api = await apiWorld(t);
    const app = await api.app();
    for (const body of [
      '{"add":',
      '[]',
      {},
      { add: [] },
      { add: [{ value: 7 }] },
      { add: [{ value: 'a' }], delete: { ids: ['1'] } },
      { delete: {} },
      { delete: { ids: [1] } },
    ]) {
      const reply = await api.send('POST', app, RULES, body);
      assert.equal(reply.status, 400, JSON.stringify(body));
      assert.ok(reply.json.detail.length > 10);
    }
    assert.equal((await api.send('POST', app, RULES, 'x'.repeat(2 << 20))).status, 413);
    assert.deepEqual(api.mistakes, []);
  });
});
