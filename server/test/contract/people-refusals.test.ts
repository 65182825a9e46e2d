import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Change, RelationKind } from '#posts';
import { type Api, apiWorld, idAgo, person, post, untilSuiteEnds } from './api.ts';

const relate = (relation: RelationKind, from: string, to: string): Change => ({
  kind: 'relate',
  relation,
  from,
  to,
  at: 1,
});
const crowd = Array.from({ length: 12 }, (_one, index) => String(201 + index));

/** Path and its smallest and largest page, as X documents them. */
const RANGES: readonly [path: string, least: number, most: number][] = [
  ['/2/tweets/1/liking_users', 1, 100],
  ['/2/tweets/1/retweeted_by', 1, 100],
  ['/2/tweets/1/retweets', 1, 100],
  ['/2/tweets/1/quote_tweets', 10, 100],
  ['/2/users/search?query=a', 1, 1000],
  ['/2/users/101/timelines/reverse_chronological', 1, 100],
  ['/2/users/101/liked_tweets', 5, 100],
  ['/2/users/101/followers', 1, 1000],
  ['/2/users/101/following', 1, 1000],
  ['/2/users/101/blocking', 1, 1000],
  ['/2/users/101/muting', 1, 1000],
  ['/2/users/101/bookmarks', 1, 100],
  ['/2/users/reposts_of_me', 1, 100],
  ['/2/lists/1/members', 1, 100],
  ['/2/lists/1/followers', 1, 100],
  ['/2/lists/1/tweets', 1, 100],
  ['/2/users/101/owned_lists', 1, 100],
  ['/2/users/101/list_memberships', 1, 100],
  ['/2/users/101/followed_lists', 1, 100],
];

describe('pages of persons and lists refuse what is not theirs', () => {
  let api: Api;
  let app: Awaited<ReturnType<Api['app']>>;
  let alice: { bearerToken: string };
  const until = untilSuiteEnds();

  before(async () => {
    api = await apiWorld(until);
    app = await api.app({ plan: 'enterprise-200m' });
    alice = api.person(app, '101');
    await api.apply(
      person('101', { username: 'alice' }),
      person('102', { username: 'bob' }),
      ...crowd.map((id) => person(id)),
      post(100),
      ...crowd.flatMap((id) => [relate('follow', id, '101'), relate('follow', id, '102')]),
      ...crowd.map((id) => relate('follow', '101', id)),
      ...crowd.map((id) => relate('like', id, idAgo(100))),
    );
  });

  const messages = async (url: string): Promise<string[]> => {
    const { status, json } = await api.get(alice, url);
    assert.equal(status, 400, url);
    assert.equal(json.title, 'Invalid Request');
    return json.errors.map(({ message }: { message: string }) => message);
  };

  for (const [path, least, most] of RANGES) {
    test(`400 max_results of ${path} outside ${least} to ${most}`, async () => {
      const mark = path.includes('?') ? '&' : '?';
      for (const size of [least - 1, most + 1, -5, 999_999_999])
        assert.deepEqual(await messages(`${path}${mark}max_results=${size}`), [
          `The \`max_results\` query parameter value [${size}] is not between ${least} and ${most}`,
        ]);
      for (const size of ['', '1e2', '10.0', '١٠'])
        if (size !== '')
          assert.deepEqual(await messages(`${path}${mark}max_results=${encodeURIComponent(size)}`), [
            `The \`max_results\` query parameter value [${size}] is not a valid integer`,
          ]);
      for (const size of [least, most])
        assert.equal((await api.get(alice, `${path}${mark}max_results=${size}`)).status, 200);
    });
  }

  test("400 another endpoint's token, another person's, another post's, a made-up one", async () => {
    const { json } = await api.get(app, '/2/users/101/followers?max_results=5');
    const token: string = json.meta.next_token;
    const refusal = (shown: string) => [
      `Invalid 'pagination_token':'${shown.slice(0, 64)}'. Use the token from the page before, with the same parameters.`,
    ];
    const at = (kind: string, values: unknown[]) =>
      Buffer.from(JSON.stringify([kind, ...values])).toString('base64url');
    for (const [url, used] of [
      ['/2/users/101/following', token],
      ['/2/users/102/followers', token],
      [`/2/tweets/${idAgo(100)}/liking_users`, token],
      ['/2/users/101/tweets', token],
      ['/2/users/101/owned_lists', token],
      ['/2/users/101/followers', 'x'],
      ['/2/users/101/followers', token.slice(1)],
      ['/2/users/101/followers', at('getUsersFollowers', ['o', '-1', '101'])],
      ['/2/users/101/followers', at('getUsersFollowers', ['o', '99999999999999999999', '101'])],
      ['/2/users/101/followers', at('getUsersFollowers', ['o', 5, '101'])],
      ['/2/users/101/followers', at('getUsersFollowers', ['x', '5', '101'])],
      ['/2/users/101/followers', at('getUsersFollowers', ['o', '5', 'alice'])],
      ['/2/users/101/followers', at('getUsersFollowers', [])],
      ['/2/users/101/followers', at('getUsersFollowers', ['o', '5', '101']).repeat(50)],
    ] as const)
      assert.deepEqual(await messages(`${url}?pagination_token=${used}`), refusal(used), url);
  });

  test('a token that says a place nobody wrote is a page like any other, and shows nothing more', async () => {
    for (const place of ['0', '1', '9223372036854775807']) {
      for (const toward of ['o', 'n']) {
        const token = Buffer.from(JSON.stringify(['getUsersFollowers', toward, place, '101']));
        const { status, json } = await api.get(
          app,
          `/2/users/101/followers?pagination_token=${token.toString('base64url')}`,
        );
        assert.equal(status, 200);
        assert.ok((json.data ?? []).every(({ id }: { id: string }) => crowd.includes(id)));
      }
    }
  });

  test('400 a search for persons without words, too long, or with what no name has', async () => {
    assert.deepEqual(await messages('/2/users/search'), ['The `query` query parameter can not be empty']);
    assert.deepEqual(await messages('/2/users/search?query='), [
      'The `query` query parameter can not be empty',
    ]);
    for (const query of ['a'.repeat(51), 'a"b', 'from:alice', '%', 'a*', '\u0000', 'a\nb']) {
      const [message] = await messages(`/2/users/search?query=${encodeURIComponent(query)}`);
      assert.match(message ?? '', /^The `query` query parameter value \[[\s\S]*\] does not match /);
    }
    for (const query of ['Ærø', '日本', 'ali ce', "o'brien", '_', 'a'.repeat(50), 'ᄒ'.repeat(50)])
      assert.equal((await api.get(alice, `/2/users/search?query=${encodeURIComponent(query)}`)).status, 200);
  });

  test("400 a search's token with other words, or with both names of it", async () => {
    const { json } = await api.get(alice, '/2/users/search?query=person&max_results=5');
    const token = json.meta.next_token;
    assert.equal((await messages(`/2/users/search?query=alice&next_token=${token}`)).length, 1);
    assert.equal(
      (await messages(`/2/users/search?query=person&next_token=${token}&pagination_token=x`)).length,
      1,
    );
  });

  const BODIES: readonly [method: 'POST' | 'PUT', path: string, body: unknown, errors: string[]][] = [
    ['POST', '/2/lists', {}, ['$.name: is missing but it is required']],
    ['POST', '/2/lists', { name: '' }, ['$.name: must be at least 1 characters long']],
    ['POST', '/2/lists', { name: 'x'.repeat(26) }, ['$.name: may only be 25 characters long']],
    ['POST', '/2/lists', { name: 5 }, ['$.name: integer found, string expected']],
    ['POST', '/2/lists', { name: 'a', private: 'yes' }, ['$.private: string found, boolean expected']],
    [
      'POST',
      '/2/lists',
      { name: 'a', description: 'x'.repeat(101) },
      ['$.description: may only be 100 characters long'],
    ],
    ['POST', '/2/lists', [], ['$: array found, object expected']],
    ['PUT', '/2/lists/1', { name: null }, ['$.name: null found, string expected']],
    ['POST', '/2/lists/1/members', {}, ['$.user_id: is missing but it is required']],
    ['POST', '/2/lists/1/members', { user_id: 102 }, ['$.user_id: integer found, string expected']],
    [
      'POST',
      '/2/lists/1/members',
      { user_id: 'bob' },
      ['$.user_id: does not match the regex pattern ^[0-9]{1,19}$'],
    ],
    ['POST', '/2/users/101/followed_lists', {}, ['$.list_id: is missing but it is required']],
    ['POST', '/2/users/101/pinned_lists', {}, ['$.list_id: is missing but it is required']],
  ];
  for (const [method, path, sent, errors] of BODIES) {
    test(`400 ${method} ${path} ${JSON.stringify(sent).slice(0, 40)}`, async () => {
      const { status, json } = await api.send(method, alice, path, sent);
      assert.equal(status, 400);
      assert.deepEqual(
        json.errors.map(({ message }: { message: string }) => message),
        errors,
      );
    });
  }

  test('400 a body that is no JSON, and none at all', async () => {
    assert.equal((await api.send('POST', alice, '/2/lists', '{"name":')).status, 400);
    assert.equal((await api.send('POST', alice, '/2/lists')).status, 400);
  });

  test('404 who or what is not there; nothing is recorded of it', async () => {
    for (const [method, path, sent] of [
      ['PUT', '/2/lists/4242', { name: 'x' }],
      ['DELETE', '/2/lists/4242', undefined],
      ['POST', '/2/lists/4242/members', { user_id: '102' }],
      ['POST', '/2/users/101/followed_lists', { list_id: '4242' }],
      ['POST', '/2/users/101/pinned_lists', { list_id: '4242' }],
    ] as const) {
      const { status, headers } = await api.send(method, alice, path, sent);
      assert.equal(status, 404, path);
      assert.equal(headers['parley-call'], undefined);
    }
  });

  test('a dry run makes no list', async () => {
    const { status, json } = await api.send(
      'POST',
      alice,
      '/2/lists',
      { name: 'x' },
      { 'parley-dry-run': '1' },
    );
    assert.equal(status, 200);
    assert.equal(json.dry_run.operation, 'createLists');
    assert.deepEqual((await api.get(alice, '/2/users/101/owned_lists')).json, { meta: { result_count: 0 } });
  });

  test('no reply was our own mistake', () => assert.deepEqual(api.mistakes, []));
});
