import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { operations } from '#x';
import { type Api, apiWorld, idAgo, type Json, post, read, untilSuiteEnds } from './api.ts';
import { ask, GOOD, GROUND } from './good.ts';

type App = Awaited<ReturnType<Api['app']>>;

const minute = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`;

/** Address → [parameter, message] of each entry. As recorded from X where it is on record. */
const INVALID: readonly [url: string, errors: readonly [parameter: string, message: string][]][] = [
  ['/2/tweets', [['ids', 'The `ids` query parameter can not be empty']]],
  ['/2/tweets?ids=', [['ids', 'The `ids` query parameter can not be empty']]],
  [
    '/2/tweets?ids=1,x,2,-3',
    [
      ['ids', 'The `ids` query parameter value [x] is not valid'],
      ['ids', 'The `ids` query parameter value [-3] is not valid'],
    ],
  ],
  [
    '/2/tweets?ids=9223372036854775808',
    [['ids', 'The `ids` query parameter value [9223372036854775808] is not valid']],
  ],
  [
    `/2/tweets?ids=${Array.from({ length: 101 }, (_one, index) => index + 1).join()}`,
    [['ids', 'The number of values in the `ids` query parameter list [101] is not between 1 and 100']],
  ],
  ['/2/tweets/abc', [['id', 'The `id` query parameter value [abc] is not valid']]],
  [
    '/2/tweets/abc?dummy=1',
    [
      ['id', 'The `id` query parameter value [abc] is not valid'],
      [
        'dummy',
        'The query parameter [dummy] is not one of [expansions,id,media.fields,place.fields,poll.fields,post.fields,tweet.fields,user.fields]',
      ],
    ],
  ],
  [
    '/2/tweets/1?poll.fields=id,dummy',
    [
      [
        'poll.fields',
        'The `poll.fields` query parameter value [dummy] is not one of [duration_minutes,end_datetime,id,options,voting_status]',
      ],
    ],
  ],
  [
    '/2/tweets/1?poll.fields=id&poll.fields=options',
    [['poll.fields', 'Duplicate parameters are not allowed: the `poll.fields` query parameter']],
  ],
  [
    '/2/tweets/1?post.fields=id&tweet.fields=id',
    [['post.fields', 'Duplicate parameters are not allowed: the `post.fields` query parameter']],
  ],
  ['/2/tweets/search/recent', [['query', "Invalid 'query':''. 'query' must be a non-empty string"]]],
  ['/2/tweets/search/recent?query=', [['query', "Invalid 'query':''. 'query' must be a non-empty string"]]],
  ['/2/tweets/search/recent?query=+', [['query', "Invalid 'query':' '. 'query' must be a non-empty string"]]],
  [
    '/2/tweets/search/recent?query=is:retweet',
    [
      [
        'query',
        'There were errors processing your request: is/has/lang cannot be used as a standalone operator (at position 1)',
      ],
    ],
  ],
  [
    '/2/tweets/search/recent?query=%5B',
    [
      [
        'query',
        "There were errors processing your request: no viable alternative at input '[' (at position 1)",
      ],
    ],
  ],
  [
    '/2/tweets/search/recent?query=a1&max_results=5',
    [['max_results', 'The `max_results` query parameter value [5] is not between 10 and 100']],
  ],
  [
    '/2/tweets/search/recent?query=a1&max_results=101',
    [['max_results', 'The `max_results` query parameter value [101] is not between 10 and 100']],
  ],
  [
    '/2/tweets/search/all?query=a1&max_results=501',
    [['max_results', 'The `max_results` query parameter value [501] is not between 10 and 500']],
  ],
  [
    '/2/tweets/search/recent?query=a1&max_results=1e1',
    [['max_results', 'The `max_results` query parameter value [1e1] is not a valid integer']],
  ],
  [
    '/2/tweets/search/recent?query=a1&sort_order=best',
    [['sort_order', 'The `sort_order` query parameter value [best] is not one of [recency,relevancy]']],
  ],
  [
    '/2/tweets/search/recent?query=a1&next_token=zzz',
    [
      [
        'next_token',
        "Invalid 'next_token':'zzz'. Use the token from the page before, with the same parameters.",
      ],
    ],
  ],
  [
    '/2/tweets/search/recent?query=a1&start_time=yesterday',
    [
      [
        'start_time',
        'The `start_time` query parameter value [yesterday] is not a valid RFC 3339 date-time, such as 2026-11-21T10:00:00Z',
      ],
    ],
  ],
  [
    '/2/tweets/search/recent?query=a1&start_time=2026-02-30T00:00:00Z',
    [
      [
        'start_time',
        'The `start_time` query parameter value [2026-02-30T00:00:00Z] is not a valid RFC 3339 date-time, such as 2026-11-21T10:00:00Z',
      ],
    ],
  ],
  [
    `/2/tweets/search/recent?query=a1&since_id=${idAgo(100)}&start_time=2026-11-20T00:00:00Z`,
    [['since_id', "Invalid use of 'since_id' or 'until_id' in conjunction with 'start_time' or 'end_time'."]],
  ],
  [
    '/2/tweets/counts/recent?query=a1&granularity=week',
    [['granularity', 'The `granularity` query parameter value [week] is not one of [minute,hour,day]']],
  ],
  [
    '/2/users/by/username/much+too+odd',
    [
      [
        'username',
        'The `username` query parameter value [much+too+odd] does not match ^[A-Za-z0-9_.-]{1,64}$',
      ],
    ],
  ],
  [
    '/2/users/by?usernames=ok,a:b',
    [['usernames', 'The `usernames` query parameter value [a:b] does not match ^[A-Za-z0-9_.-]{1,64}$']],
  ],
  ['/2/users/by', [['usernames', 'The `usernames` query parameter can not be empty']]],
  [
    '/2/users/101/tweets?max_results=4',
    [['max_results', 'The `max_results` query parameter value [4] is not between 5 and 100']],
  ],
  [
    '/2/users/101/tweets?exclude=likes',
    [['exclude', 'The `exclude` query parameter value [likes] is not one of [replies,retweets]']],
  ],
  ['/2/usage/tweets?days=91', [['days', 'The `days` query parameter value [91] is not between 1 and 90']]],
  [
    '/2/usage/tweets?usage.fields=money',
    [
      [
        'usage.fields',
        'The `usage.fields` query parameter value [money] is not one of [cap_reset_day,daily_client_app_usage,daily_project_usage,project_cap,project_id,project_usage]',
      ],
    ],
  ],
  [
    '/2/users/101?__proto__=1&constructor=2',
    [
      [
        '__proto__',
        'The query parameter [__proto__] is not one of [expansions,id,post.fields,tweet.fields,user.fields]',
      ],
      [
        'constructor',
        'The query parameter [constructor] is not one of [expansions,id,post.fields,tweet.fields,user.fields]',
      ],
    ],
  ],
  [
    '/2/tweets/1?expansions=%ff',
    [['expansions', 'The `expansions` query parameter value [%ff] is not percent-encoded UTF-8']],
  ],
];

/** Nothing was uploaded here. */
const OTHERS: Record<string, number> = { updateRules: 201, getMediaUploadStatus: 404 };

describe('refusals', () => {
  let api: Api;
  let app: App;
  const until = untilSuiteEnds();

  before(async () => {
    api = await apiWorld(until);
    app = await api.app({ plan: 'enterprise-200m' });
    await api.apply(...GROUND, post(100, {}));
  });

  test('every operation has its row here, and its row is answered', async () => {
    assert.deepEqual(
      Object.keys(GOOD),
      operations.map(({ id }) => id),
    );
    const token = api.person(app, '101');
    for (const { id, auth } of operations.filter((one) => one.id in GOOD)) {
      const { bearerToken } = auth.includes('app') ? app : token;
      const { status } = await ask(api, id, `Bearer ${bearerToken}`);
      assert.equal(status, OTHERS[id] ?? 200, id);
    }
  });

  for (const [url, errors] of INVALID) {
    test(`400 ${url.slice(0, 90)}`, async () => {
      const { status, json } = await api.get(app, url);
      assert.equal(status, 400);
      assert.equal(json.title, 'Invalid Request');
      assert.equal(json.detail, 'One or more parameters to your request was invalid.');
      assert.equal(json.type, 'https://api.twitter.com/2/problems/invalid-request');
      assert.deepEqual(
        json.errors.map((one: Json) => [Object.keys(one.parameters)[0], one.message]),
        errors,
      );
    });
  }

  test('400 the time rules of recent search, with the moments they name to the minute', async () => {
    const now = api.world.clock.now();
    const ask = async (more: string) =>
      (await api.get(app, `/2/tweets/search/recent?query=a1&${more}`)).json.errors.map(
        (one: Json) => one.message,
      );
    assert.deepEqual(await ask('start_time=2020-01-01T00:00:00Z'), [
      `Invalid 'start_time':'2020-01-01T00:00Z'. 'start_time' must be on or after ${minute(now - 7 * 86_400_000)}`,
    ]);
    const soon = new Date(now - 9_000).toISOString();
    assert.deepEqual(await ask(`end_time=${soon}`), [
      `Invalid 'end_time':'${minute(now - 9_000)}'. 'end_time' must be a minimum of 10 seconds prior to the request time.`,
    ]);
    assert.deepEqual(await ask(`start_time=${soon}`), [
      `Invalid 'start_time':'${minute(now - 9_000)}'. 'start_time' must be a minimum of 10 seconds prior to the request time.`,
    ]);
    assert.deepEqual(await ask('since_id=1'), [
      `Invalid 'since_id':'1'. 'since_id' must be a tweet id created after ${minute(now - 7 * 86_400_000)}.`,
    ]);
    assert.equal((await ask('start_time=2026-11-20T00:00:00Z&end_time=2026-11-19T00:00:00Z')).length, 1);
    assert.equal(
      (
        await api.get(
          app,
          `/2/tweets/search/recent?query=a1&start_time=${new Date(now - 7 * 86_400_000).toISOString()}`,
        )
      ).status,
      200,
    );
    assert.equal(
      (await api.get(app, '/2/tweets/search/recent?query=a1&start_time=2026-11-20T00:00:00+02:00')).status,
      200,
    );
    const late = new Date(now - 7 * 86_400_000 - 30_000).toISOString();
    assert.equal(
      (await api.get(app, `/2/tweets/search/recent?query=a1&start_time=${late}`)).status,
      200,
      'a moment too late is no mistake',
    );
    const archive = await api.get(app, '/2/tweets/search/all?query=a1&start_time=2006-01-01T00:00:00Z');
    assert.equal(
      archive.json.errors[0].message,
      "Invalid 'start_time':'2006-01-01T00:00Z'. 'start_time' must be on or after 2006-03-21T00:00Z",
    );
  });

  test("400 a query longer than the caller's plan allows", async () => {
    api.world.clock.advance(2_000);
    const long = `query=${'ab'.repeat(300)}`;
    assert.equal((await api.get(app, `/2/tweets/search/recent?${long}`)).status, 200);
    const basic = await api.app({ plan: 'basic' });
    const { status, json } = await api.get(basic, `/2/tweets/search/recent?${long}`);
    assert.equal(status, 400);
    assert.match(json.errors[0].message, /longer than 512/);
  });

  test("400 one endpoint's token at another", async () => {
    await api.apply(...Array.from({ length: 12 }, (_one, index) => post(200 + index, { text: 'many' })));
    const { json } = await api.get(app, '/2/tweets/search/recent?query=many');
    const other = await api.get(app, `/2/tweets/search/all?query=many&next_token=${json.meta.next_token}`);
    assert.equal(other.status, 400);
    const timeline = await api.get(app, `/2/users/101/tweets?pagination_token=${json.meta.next_token}`);
    assert.equal(timeline.status, 400);
  });

  for (const id of Object.keys(GOOD)) {
    test(`401 ${id} without a key, with a wrong one, with a revoked one`, async () => {
      for (const [authorization, reason] of [
        ['Bearer nonsense', 'unknown-key'],
        ['Bearer ', 'empty-key'],
        ['Digest x', 'no-scheme'],
        ['OAuth oauth_token="x"', 'invalid-signature'],
        [undefined, 'no-credentials'],
      ] as const) {
        const { status, json } = await ask(api, id, authorization);
        assert.equal(status, 401);
        const { detail, ...rest } = json;
        assert.deepEqual(rest, { title: 'Unauthorized', type: 'about:blank', status: 401, reason });
        assert.ok(detail.length > 20 && !detail.includes('nonsense'), detail);
      }
    });
  }

  test('403 another kind of key, with the supported kinds named', async () => {
    const { status, json } = await api.get(undefined, '/2/usage/tweets', { authorization: 'Basic eDp5' });
    assert.equal(status, 403);
    assert.equal(json.title, 'Unsupported Authentication');
    assert.equal(json.type, 'https://api.twitter.com/2/problems/unsupported-authentication');
    assert.match(json.detail, /\. {2}Supported authentication types are \[OAuth 2.0 Application-Only\]\.$/);
  });

  test('403 an operation outside the plan, a purpose outside the agreement', async () => {
    const basic = await api.app({ plan: 'basic' });
    const archive = await api.get(basic, GOOD.searchPostsAll!);
    assert.equal(archive.status, 403);
    assert.equal(archive.json.type, 'https://api.twitter.com/2/problems/client-forbidden');
    assert.equal(typeof archive.json.reason, 'string');
    const purpose = await api.get(basic, GOOD.getPostsById!, { 'parley-purpose': 'ai-training' });
    assert.equal(purpose.status, 403);
    assert.match(purpose.json.detail, /purpose/);
  });

  test('404 and 405 in the shape of every other problem, with rate headers, before any body is read', async () => {
    const headers = { authorization: `Bearer ${app.bearerToken}` };
    for (const url of ['/2/nothing', '/2', '/2/', '/2/tweets/1/2', '/2/Tweets/1']) {
      const reply = read(await api.server.inject({ url, headers }));
      assert.equal(reply.status, 404, url);
      assert.equal(reply.json.status, 404);
      assert.match(reply.headers['x-rate-limit-reset'] ?? '', /^\d+$/);
    }
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const) {
      const reply = await api.server.inject({
        method,
        url: '/2/users/101',
        headers: { ...headers, 'content-type': 'application/json' },
        payload: '{',
      });
      assert.equal(reply.statusCode, 405, method);
      assert.equal(reply.headers.allow, 'GET');
      assert.match(String(reply.headers['x-rate-limit-reset']), /^\d+$/);
    }
    assert.equal((await api.server.inject({ url: '/2/nothing' })).statusCode, 401);
  });

  test('429 a used-up window, with when to come again; every reply before it counted down', async () => {
    const basic = await api.app({ plan: 'basic' });
    let last: Awaited<ReturnType<Api['get']>> | undefined;
    for (let call = 0; call <= 50; call += 1) last = await api.get(basic, GOOD.getUsage!);
    assert.equal(last?.status, 429);
    assert.equal(last?.json.title, 'Too Many Requests');
    assert.equal(last?.json.type, 'about:blank');
    assert.equal(last?.headers['x-rate-limit-remaining'], '0');
    assert.match(last?.headers['retry-after'] ?? '', /^\d+$/);
  });

  test('429 a used-up cap is another problem than a used-up window; 402 a used-up spending limit', async () => {
    await api.world.terms.addPlan({ name: 'tiny', base: 'pro', monthlyPostCap: 1 });
    const tiny = await api.app({ plan: 'tiny' });
    const shown = await api.get(tiny, `/2/tweets/${idAgo(100)}`);
    assert.equal(shown.headers['parley-remaining'], '0');
    const { status, json } = await api.get(tiny, `/2/tweets/${idAgo(200)}`);
    assert.equal(status, 429);
    assert.equal(json.title, 'UsageCapExceeded');
    assert.equal(json.period, 'Monthly');
    assert.equal(json.scope, 'Product');
    assert.equal(json.type, 'https://api.twitter.com/2/problems/usage-capped');
    const poor = await api.app({ plan: 'pay-per-use', spendingLimitMicros: 5_000 });
    assert.equal((await api.get(poor, `/2/tweets/${idAgo(100)}`)).status, 200);
    const broke = await api.get(poor, `/2/tweets/${idAgo(200)}`);
    assert.equal(broke.status, 402);
    assert.equal(broke.json.title, 'CreditsDepleted');
  });

  test('nothing of all this was our own mistake', () => assert.deepEqual(api.mistakes, []));
});
