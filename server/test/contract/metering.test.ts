import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isDenial } from '#terms';
import { type Api, apiWorld, idAgo, type Json, person, post } from './api.ts';

const ids = (json: Json): string[] => (json.data ?? []).map((one: { id: string }) => one.id);

async function capped(api: Api, cap: number) {
  const name = `cap-${cap}`;
  await api.world.terms.addPlan({ name, base: 'pro', monthlyPostCap: cap });
  return api.app({ plan: name });
}

describe('the metered call', () => {
  test('headers say what a call cost, what is left, and where it is in the log', async (t) => {
    const api = await apiWorld(t);
    await api.apply(person('101'), post(100), post(200));
    const app = await api.app({ plan: 'pay-per-use' });
    const first = await api.get(app, `/2/tweets?ids=${idAgo(100)},${idAgo(200)}&expansions=author_id`);
    assert.equal(first.headers['parley-posts'], '2/2');
    assert.equal(first.headers['parley-persons'], '1/1');
    assert.equal(first.headers['parley-cost'], '0.020000 USD');
    assert.equal(first.headers['parley-remaining'], undefined, 'a plan without a cap');
    const [log, index] = (first.headers['parley-call'] ?? '').split('/');
    const again = await api.get(app, `/2/tweets/${idAgo(100)}`);
    assert.equal(again.headers['parley-posts'], '0/1', 'a resource is billed once a day');
    assert.equal(again.headers['parley-cost'], '0.000000 USD');
    assert.equal(again.headers['parley-call'], `${log}/${Number(index) + 1}`);
    assert.ok(api.world.ledger.logs().some((one) => one.log === log));
  });

  test('a dry run answers with the cost alone: no posts, no charge, no entry', async (t) => {
    const api = await apiWorld(t);
    await api.apply(person('101'), post(100, { text: 'secret words' }));
    const app = await api.app({ plan: 'pay-per-use' });
    const url = `/2/tweets/${idAgo(100)}`;
    const dry = await api.get(app, url, { 'parley-dry-run': '1' });
    assert.equal(dry.json.dry_run.cost, '0.005000 USD');
    assert.equal(dry.json.dry_run.cost_micros, 5_000);
    assert.equal(dry.json.dry_run.posts_billed, 1);
    assert.equal(dry.headers['parley-call'], undefined);
    assert.equal(dry.text.includes('secret'), false);
    const real = await api.get(app, url);
    assert.equal(real.headers['parley-cost'], '0.005000 USD', 'the dry run billed nothing');
    for (const unclear of ['true', 'yes', '', '1, 1']) {
      const refused = await api.get(app, url, { 'parley-dry-run': unclear });
      assert.equal(refused.status, 400, `[${unclear}] is neither yes nor no, and must not be billed`);
      assert.deepEqual(refused.json.errors[0].parameters, { 'parley-dry-run': [unclear] });
    }
  });

  test('what is refused before the charge leaves no entry; what is answered leaves exactly one', async (t) => {
    const api = await apiWorld(t);
    const app = await api.app();
    const indexOf = (reply: { headers: Record<string, string> }) =>
      Number(reply.headers['parley-call']?.split('/')[1]);
    const before = indexOf(await api.get(app, '/2/tweets/1'));
    await api.get(app, '/2/tweets/x');
    await api.get(app, '/2/tweets/search/recent?query=(');
    await api.get(app, '/2/nothing');
    await api.get(undefined, '/2/tweets/1');
    assert.equal(indexOf(await api.get(app, '/2/tweets/1')), before + 1);
  });

  for (const [name, path] of [
    ['search', '/2/tweets/search/recent?query=coffee&max_results=10'],
    ['a timeline', '/2/users/101/tweets?max_results=10'],
  ] as const) {
    test(`a page of ${name} that the cap cuts goes on with the first item that was cut`, async (t) => {
      const api = await apiWorld(t);
      const all = Array.from({ length: 15 }, (_one, index) => idAgo(100 + index));
      await api.apply(
        person('101'),
        ...all.map((_id, index) => post(100 + index, { text: `coffee ${index}` })),
      );
      const app = await capped(api, 7);
      const first = await api.get(app, path);
      assert.deepEqual(ids(first.json), all.slice(0, 7));
      assert.equal(first.headers['parley-remaining'], '0');
      assert.equal(first.json.meta.oldest_id, all[6]);
      assert.deepEqual(
        first.json.errors.map((error: Json) => [error.resource_id, error.title, error.type]),
        [[all[7], 'UsageCapExceeded', 'https://api.twitter.com/2/problems/usage-capped']],
      );
      assert.match(
        first.json.errors[0].detail,
        /left out, not delivered and not billed. Its next_token goes on there/,
      );
      // What was paid for today is free, with nothing left of the cap.
      const again = await api.get(app, path);
      assert.deepEqual([ids(again.json), again.headers['parley-cost']], [all.slice(0, 7), '0.000000 USD']);
      const token = `&${path.includes('search') ? 'next_token' : 'pagination_token'}=${first.json.meta.next_token}`;
      const refused = await api.get(app, path + token);
      assert.equal(refused.json.title, 'UsageCapExceeded');
      const { status, json } = await api.get(app, path + token, { 'parley-dry-run': '1' });
      assert.equal(status, 200, 'the price can be asked');
      const { posts_billed, cut, remaining } = json.dry_run;
      assert.deepEqual([posts_billed, cut, remaining], [8, true, 0]);
      const other = await api.app();
      const name = path.includes('search') ? 'next_token' : 'pagination_token';
      const second = await api.get(other, `${path}&${name}=${first.json.meta.next_token}`);
      assert.deepEqual(ids(second.json), all.slice(7, 15));
    });
  }

  test('a page by relevancy that the cap cuts goes on with the first item that was cut', async (t) => {
    const api = await apiWorld(t);
    const all = Array.from({ length: 15 }, (_one, index) => idAgo(100 + index));
    await api.apply(
      ...all.map((_id, index) =>
        post(100 + index, {
          text: 'coffee',
          metrics: {
            reposts: 0,
            replies: 0,
            likes: (index * 7) % 15,
            quotes: 0,
            bookmarks: 0,
            impressions: 0,
          },
        }),
      ),
    );
    const path = '/2/tweets/search/recent?query=coffee&max_results=10&sort_order=relevancy';
    const free = await api.app();
    const whole = [];
    let token: string | undefined;
    do {
      const { json } = await api.get(free, `${path}${token ? `&next_token=${token}` : ''}`);
      whole.push(...ids(json));
      token = json.meta.next_token;
    } while (token);
    assert.equal(whole.length, 15);
    const app = await capped(api, 4);
    const cut = await api.get(app, path);
    assert.deepEqual(ids(cut.json), whole.slice(0, 4));
    const rest = await api.get(free, `${path}&next_token=${cut.json.meta.next_token}`);
    assert.deepEqual(ids(rest.json), whole.slice(4, 10));
  });

  test('a look-up that the cap cuts says of each id left out that it was the cap', async (t) => {
    const api = await apiWorld(t);
    const all = Array.from({ length: 5 }, (_one, index) => idAgo(100 + index));
    await api.apply(...all.map((_id, index) => post(100 + index)));
    const app = await capped(api, 3);
    const { json } = await api.get(app, `/2/tweets?ids=${all.join()},9`);
    assert.deepEqual(ids(json), all.slice(0, 3));
    assert.deepEqual(
      json.errors.map((one: Json) => [one.resource_id, one.title]),
      [
        ['9', 'Not Found Error'],
        [all[3], 'UsageCapExceeded'],
        [all[4], 'UsageCapExceeded'],
      ],
    );
  });

  test('an include that the cap does not allow is left out and has its error; what was delivered equals the cap', async (t) => {
    const api = await apiWorld(t);
    const [one, two, quoted, other] = [idAgo(100), idAgo(101), idAgo(200), idAgo(201)];
    await api.apply(
      person('101'),
      post(200, { text: 'quoted', mediaKeys: ['3_9'] }),
      post(201, { text: 'other' }),
      post(100, { references: [{ type: 'quoted', id: quoted }] }),
      post(101, { references: [{ type: 'quoted', id: other }] }),
      { kind: 'media', media: { mediaKey: '3_9', type: 'photo', url: 'https://example.com/x.jpg' } },
    );
    const app = await capped(api, 1);
    const { json, headers } = await api.get(
      app,
      `/2/tweets?ids=${one},${two}&expansions=referenced_tweets.id,referenced_tweets.id.attachments.media_keys`,
    );
    assert.deepEqual(ids(json), [one]);
    assert.equal(json.includes, undefined, 'neither the quoted post nor its media');
    assert.equal(headers['parley-posts'], '1/1');
    assert.deepEqual(
      json.errors.map((error: Json) => [error.parameter, error.resource_id, error.title]),
      [
        ['ids', two, 'UsageCapExceeded'],
        ['referenced_tweets.id', quoted, 'UsageCapExceeded'],
      ],
    );
  });

  test('a person whom a kept item brings stays, though a later item that was cut names them too', async (t) => {
    const api = await apiWorld(t);
    const quoted = idAgo(500);
    await api.apply(
      person('101'),
      person('102', { username: 'quoted_one' }),
      post(500, { authorId: '102' }),
      post(100, { authorId: '101', references: [{ type: 'quoted', id: quoted }] }),
      post(110, { authorId: '102' }),
    );
    const app = await capped(api, 2);
    const { json, headers } = await api.get(
      app,
      `/2/tweets?ids=${idAgo(100)},${idAgo(110)}&expansions=author_id,referenced_tweets.id,referenced_tweets.id.author_id`,
    );
    assert.deepEqual(ids(json), [idAgo(100)]);
    assert.deepEqual(json.includes.users.map((one: Json) => one.id).sort(), ['101', '102']);
    assert.equal(headers['parley-persons'], '2/2');
  });

  test('the entry commits to includes too: data and includes are delivered, each once', async (t) => {
    const api = await apiWorld(t);
    const original = idAgo(500);
    await api.apply(
      person('101'),
      person('102'),
      post(500),
      ...[1, 2, 3].map((at) =>
        post(100 + at, { authorId: '102', references: [{ type: 'quoted', id: original }] }),
      ),
    );
    const app = await api.app();
    const quotes = [1, 2, 3].map((at) => idAgo(100 + at));
    const { headers } = await api.get(
      app,
      `/2/tweets?ids=${quotes.join()}&expansions=author_id,referenced_tweets.id,referenced_tweets.id.author_id`,
    );
    assert.equal(headers['parley-posts'], '4/4');
    assert.equal(headers['parley-persons'], '2/2');
  });

  test('a ledger that cannot record serves nothing: 503', async (t) => {
    const api = await apiWorld(t);
    await api.apply(post(100, { text: 'secret words' }));
    const app = await api.app();
    await api.world.ledger.close();
    const { status, text, headers } = await api.get(app, `/2/tweets/${idAgo(100)}`);
    assert.equal(status, 503);
    assert.equal(text.includes('secret'), false);
    assert.match(headers['x-rate-limit-limit'] ?? '', /^\d+$/);
  });

  test('the purpose that a call names is what is recorded', async (t) => {
    const api = await apiWorld(t);
    const app = await api.app({ purposes: ['display', 'analytics'] });
    const dry = await api.get(app, '/2/tweets/1', { 'parley-purpose': 'analytics', 'parley-dry-run': '1' });
    assert.equal(dry.json.dry_run.purpose, 'analytics');
    const caller = api.world.terms.authenticate(app.bearerToken, {
      now: api.world.clock.now(),
      remote: '192.0.2.1',
    });
    assert.equal(isDenial(caller), false);
  });

  test('usage tells what was billed, in texts as X does', async (t) => {
    const api = await apiWorld(t);
    await api.apply(post(100), post(200));
    const app = await api.app({ plan: 'basic' });
    await api.get(app, `/2/tweets?ids=${idAgo(100)},${idAgo(200)}`);
    const { json } = await api.get(
      app,
      '/2/usage/tweets?days=2&usage.fields=daily_client_app_usage,daily_project_usage',
    );
    assert.equal(json.data.project_usage, '2');
    assert.equal(json.data.project_cap, '10000');
    assert.deepEqual(json.data.daily_client_app_usage, [
      {
        client_app_id: app.appId,
        usage: [
          { date: '2026-11-20T00:00:00.000Z', usage: '0' },
          { date: '2026-11-21T00:00:00.000Z', usage: '2' },
        ],
        usage_result_count: 2,
      },
    ]);
  });
});
