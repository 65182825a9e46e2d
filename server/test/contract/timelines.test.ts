import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { type Api, apiWorld, idAgo, type Json, person, post, untilSuiteEnds } from './api.ts';

const ids = (json: Json): string[] => (json.data ?? []).map((one: { id: string }) => one.id);

describe('timelines', () => {
  let api: Api;
  let app: Awaited<ReturnType<Api['app']>>;
  const until = untilSuiteEnds();
  const own = Array.from({ length: 23 }, (_one, index) => idAgo(100 + index * 10));
  const mentions = Array.from({ length: 12 }, (_one, index) => idAgo(105 + index * 10));

  before(async () => {
    api = await apiWorld(until);
    app = await api.app();
    await api.apply(
      person('101', { username: 'alice' }),
      person('102', { username: 'bob' }),
      person('103', { username: 'carol', protected: true }),
      person('104', { username: 'dave', state: 'suspended' }),
      ...own.map((_id, index) => post(100 + index * 10, { text: `own ${index}` })),
      ...mentions.map((_id, index) =>
        post(105 + index * 10, {
          authorId: '102',
          text: 'hey @Alice',
          entities: { mentions: [{ start: 4, end: 10, username: 'Alice', id: '101' }] },
        }),
      ),
      post(50, { authorId: '102', text: 'RT', references: [{ type: 'retweeted', id: own[0]! }] }),
      post(40, {
        authorId: '102',
        text: 're',
        references: [{ type: 'replied_to', id: own[0]! }],
        inReplyToPersonId: '101',
      }),
      post(30, { authorId: '102', text: 'plain' }),
      post(20, { authorId: '103', text: 'for friends' }),
      post(10, { authorId: '777', text: 'by somebody nobody told of' }),
    );
  });

  for (const [name, path, all] of [
    ['posts', '/2/users/101/tweets', own],
    ['mentions', '/2/users/101/mentions', mentions],
  ] as const) {
    test(`${name}: pages lead to the end and back by the same stones`, async () => {
      const pages: string[][] = [];
      let token: string | undefined;
      let previous: string | undefined;
      do {
        const { json } = await api.get(
          app,
          `${path}?max_results=5${token ? `&pagination_token=${token}` : ''}`,
        );
        pages.push(ids(json));
        previous = json.meta.previous_token;
        assert.equal(previous !== undefined, pages.length > 1, 'only later pages lead back');
        token = json.meta.next_token;
      } while (token);
      assert.deepEqual(pages.flat(), all);
      const back: string[][] = [];
      while (previous) {
        const { json }: { json: Json } = await api.get(
          app,
          `${path}?max_results=5&pagination_token=${previous}`,
        );
        back.unshift(ids(json));
        previous = json.meta.previous_token;
      }
      assert.deepEqual(back, pages.slice(0, -1));
    });
  }

  test('a page reached by going back leads on again', async () => {
    const first = await api.get(app, '/2/users/101/tweets?max_results=5');
    const second = await api.get(
      app,
      `/2/users/101/tweets?max_results=5&pagination_token=${first.json.meta.next_token}`,
    );
    const again = await api.get(
      app,
      `/2/users/101/tweets?max_results=5&pagination_token=${second.json.meta.previous_token}`,
    );
    assert.deepEqual(ids(again.json), own.slice(0, 5));
    const on = await api.get(
      app,
      `/2/users/101/tweets?max_results=5&pagination_token=${again.json.meta.next_token}`,
    );
    assert.deepEqual(ids(on.json), own.slice(5, 10));
  });

  test('replies and reposts can be left out', async () => {
    const texts = async (exclude: string) =>
      (await api.get(app, `/2/users/102/tweets?max_results=5&exclude=${exclude}`)).json.data.map(
        (one: { text: string }) => one.text,
      );
    assert.deepEqual((await texts('replies')).slice(0, 2), ['plain', 'RT']);
    assert.deepEqual((await texts('retweets')).slice(0, 2), ['plain', 're']);
    assert.deepEqual((await texts('retweets,replies')).slice(0, 2), ['plain', 'hey @Alice']);
  });

  test('times and ids bound a timeline, together too', async () => {
    const both = await api.get(
      app,
      `/2/users/101/tweets?since_id=${own[9]}&until_id=${own[2]}&end_time=2026-11-21T09:57:40Z`,
    );
    assert.deepEqual(ids(both.json), own.slice(5, 9));
  });

  test('who is protected, suspended or unknown has no timeline: 200 with the one error', async () => {
    const error = async (id: string, kind = 'tweets') => (await api.get(app, `/2/users/${id}/${kind}`)).json;
    assert.deepEqual(
      (await error('103')).errors.map((one: Json) => [one.title, one.detail, one.parameter]),
      [['Authorization Error', 'Sorry, you are not authorized to see the user with id: [103].', 'id']],
    );
    assert.equal((await error('104')).errors[0].detail, 'User has been suspended: [104].');
    assert.equal((await error('9999')).errors[0].detail, 'Could not find user with id: [9999].');
    assert.equal((await error('103', 'mentions')).errors[0].title, 'Authorization Error');
    assert.equal((await error('103')).data, undefined);
    assert.equal((await error('103')).meta, undefined);
  });

  test('posts whose author nobody told of still have a timeline', async () => {
    assert.deepEqual(ids((await api.get(app, '/2/users/777/tweets')).json), [idAgo(10)]);
  });

  test('an empty timeline is meta alone', async () => {
    await api.apply(person('105', {}));
    assert.deepEqual((await api.get(app, '/2/users/105/tweets')).json, { meta: { result_count: 0 } });
    assert.deepEqual((await api.get(app, '/2/users/105/mentions')).json, { meta: { result_count: 0 } });
  });
});
