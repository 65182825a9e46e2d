import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { type Api, apiWorld, idAgo, type Json, person, post, untilSuiteEnds } from './api.ts';

const ids = (json: Json): string[] => (json.data ?? []).map((one: { id: string }) => one.id);

describe('search by list:', () => {
  let api: Api;
  let app: Awaited<ReturnType<Api['app']>>;
  let alice: { bearerToken: string };
  let open: string;
  let secret: string;
  const until = untilSuiteEnds();

  before(async () => {
    api = await apiWorld(until);
    app = await api.app({ plan: 'enterprise-200m' });
    alice = api.person(app, '101');
    await api.apply(
      ...['101', '102', '103', '104'].map((id) => person(id)),
      post(100, { authorId: '102', text: 'coffee' }),
      post(90, { authorId: '103', text: 'coffee' }),
      post(80, { authorId: '104', text: 'coffee' }),
      post(70, { authorId: '102', text: 'tea' }),
    );
    const make = async (name: string, isPrivate: boolean, members: readonly string[]): Promise<string> => {
      const { json } = await api.send('POST', alice, '/2/lists', { name, private: isPrivate });
      for (const user_id of members)
        await api.send('POST', alice, `/2/lists/${json.data.id}/members`, { user_id });
      return json.data.id;
    };
    open = await make('Open', false, ['102', '103']);
    secret = await make('Secret', true, ['104']);
  });

  async function found(who: { bearerToken: string }, query: string): Promise<string[]> {
    const { status, json } = await api.get(who, `/2/tweets/search/recent?query=${encodeURIComponent(query)}`);
    assert.equal(status, 200);
    return ids(json);
  }

  test('finds what its members wrote, and leaves it out behind a minus', async () => {
    assert.deepEqual(await found(app, `list:${open}`), [idAgo(70), idAgo(90), idAgo(100)]);
    assert.deepEqual(await found(app, `coffee list:${open}`), [idAgo(90), idAgo(100)]);
    assert.deepEqual(await found(app, `coffee -list:${open}`), [idAgo(80)]);
    assert.deepEqual(await found(app, `(list:${open} OR from:104) coffee -from:102`), [idAgo(80), idAgo(90)]);
  });

  test('is counted alike', async () => {
    const url = `/2/tweets/counts/recent?granularity=day&query=${encodeURIComponent(`coffee list:${open}`)}`;
    assert.equal((await api.get(app, url)).json.meta.total_tweet_count, 2);
  });

  test("of somebody's private list finds nothing, like one that never was; its owner finds its posts", async () => {
    const bob = api.person(app, '102');
    for (const list of [secret, '4242']) {
      for (const who of [app, bob]) {
        assert.deepEqual(await found(who, `list:${list}`), []);
        assert.deepEqual(await found(who, `coffee -list:${list}`), [idAgo(80), idAgo(90), idAgo(100)]);
        assert.deepEqual(await found(who, `coffee (list:${list} OR list:${open})`), [idAgo(90), idAgo(100)]);
      }
      const url = `/2/tweets/counts/recent?granularity=day&query=${encodeURIComponent(`list:${list}`)}`;
      assert.equal((await api.get(app, url)).json.meta.total_tweet_count, 0);
    }
    assert.deepEqual(await found(alice, `list:${secret}`), [idAgo(80)]);
    assert.deepEqual(await found(alice, `coffee -list:${secret}`), [idAgo(90), idAgo(100)]);
  });

  test('goes by who is on it now; a token repeats its page meanwhile', async () => {
    const url = `/2/tweets/search/recent?max_results=10&query=list:${open}`;
    await api.apply(...Array.from({ length: 15 }, (_one, index) => post(200 + index, { authorId: '103' })));
    const first = await api.get(app, url);
    const next = `${url}&next_token=${first.json.meta.next_token}`;
    const second = await api.get(app, next);
    assert.equal(second.json.meta.result_count, 8);
    await api.send('POST', alice, `/2/lists/${open}/members`, { user_id: '104' });
    assert.deepEqual((await api.get(app, next)).json, second.json);
    assert.ok((await found(app, `list:${open}`)).includes(idAgo(80)));
    await api.send('DELETE', alice, `/2/lists/${open}`);
    assert.deepEqual(await found(app, `list:${open}`), []);
    assert.deepEqual(api.mistakes, []);
  });
});
