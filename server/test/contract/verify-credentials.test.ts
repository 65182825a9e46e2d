import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { type Api, apiWorld, idAgo, person, post, read, signedBy, untilSuiteEnds } from './api.ts';

const PATH = '/1.1/account/verify_credentials.json';

describe('GET /1.1/account/verify_credentials.json', () => {
  let api: Api;
  let app: Awaited<ReturnType<Api['app']>>;
  let anna: { bearerToken: string };
  const until = untilSuiteEnds();
  const LINK = { start: 0, end: 5, url: 'https://t.co/a', expandedUrl: 'https://a.example', displayUrl: 'a' };

  before(async () => {
    api = await apiWorld(until);
    app = await api.app();
    anna = api.person(app, '101');
    await api.apply(
      person('101', { username: 'anna', description: 'see a', entities: { description: { urls: [LINK] } } }),
      person('102', { username: 'ben', protected: true }),
      post(60, { text: 'a newest post', entities: { hashtags: [{ start: 0, end: 2, tag: 'a' }] } }),
      post(90, { text: 'an older post' }),
    );
  });

  const ask = async (headers: Record<string, string>, query = '') =>
    read(await api.server.inject({ url: PATH + query, headers }));
  const bearer = ({ bearerToken }: { bearerToken: string }) => ({ authorization: `Bearer ${bearerToken}` });

  test("200 X's user object of v1.1, for OAuth 2.0 and OAuth 1.0a alike", async () => {
    const reply = await ask(bearer(anna));
    assert.equal(reply.status, 200, reply.text);
    const { status, entities, ...rest } = reply.json;
    assert.match(reply.text, /^\{"id":101,"id_str":"101"/);
    assert.deepEqual([rest.screen_name, rest.statuses_count, rest.friends_count], ['anna', 3, 2]);
    assert.deepEqual([status.id_str, status.text], [idAgo(60), 'a newest post']);
    assert.equal(status.user, undefined, 'the person stands around it');
    assert.equal(entities.description.urls[0].expanded_url, 'https://a.example');
    assert.equal('email' in rest, false);
    const signed = await ask(signedBy(api.person(app, '101', { via: 'oauth1' })));
    assert.deepEqual(signed.json, reply.json);
  });

  test('leaves out or adds what its parameters say, in every spelling of yes and no', async () => {
    const without = await ask(bearer(anna), '?skip_status=1&include_entities=false&include_email=t');
    assert.deepEqual(
      [without.json.status, without.json.entities, without.json.email],
      [undefined, undefined, null],
    );
    const { status } = (await ask(bearer(anna), '?include_entities=f&skip_status=0')).json;
    assert.deepEqual([status.text, status.entities], ['a newest post', undefined]);
    const extended = (await ask(bearer(anna), '?tweet_mode=extended')).json.status;
    assert.deepEqual([extended.full_text, extended.text], ['a newest post', undefined]);
    const refused = await ask(bearer(anna), '?skip_status=perhaps');
    assert.equal(refused.status, 400);
    assert.match(refused.text, /`skip_status` query parameter value \[perhaps\] is not one of/);
  });

  test('takes a call of getUsersMe, and bills what it delivers once a day', async () => {
    const other = await api.app();
    const me = api.person(other, '101');
    const first = await ask(bearer(me));
    assert.deepEqual([first.headers['parley-posts'], first.headers['parley-persons']], ['1/1', '1/1']);
    const v2 = await api.get(me, '/2/users/me');
    const remaining = (reply: typeof first) => Number(reply.headers['x-rate-limit-remaining']);
    assert.equal(remaining(v2), remaining(first) - 1, 'one window');
    assert.equal(v2.headers['parley-persons'], '0/1', 'the same person, the same day');
    const skipped = await ask(bearer(me), '?skip_status=true');
    assert.equal(skipped.headers['parley-posts'], '0/0');
  });

  test('shows the protected their own posts, and no one a post that is gone', async () => {
    const ben = api.person(app, '102');
    await api.apply(post(50, { authorId: '102', text: 'mine' }));
    assert.equal((await ask(bearer(ben))).json.status.text, 'mine');
    await api.apply({ kind: 'delete-post', id: idAgo(50), at: api.world.clock.now() });
    assert.equal((await ask(bearer(ben))).json.status, undefined);
  });

  test('401 without a token, 403 for an app alone and for an account that is closed', async () => {
    assert.equal((await ask({})).status, 401);
    const alone = await ask(bearer(app));
    assert.equal(alone.status, 403);
    assert.match(alone.json.detail, /OAuth 1.0a User Context, OAuth 2.0 User Context/);
    const narrow = api.person(app, '101', { scopes: ['tweet.read'] });
    assert.equal((await ask(bearer(narrow))).json.reason, 'missing-scope');
    await api.apply(person('103', { state: 'suspended' }));
    assert.equal((await ask(bearer(api.person(app, '103')))).status, 403);
    assert.equal(
      (await api.server.inject({ method: 'POST', url: PATH, headers: bearer(anna) })).statusCode,
      405,
    );
    assert.deepEqual(api.mistakes, []);
  });
});
