import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Scope } from '#identity';
import { type Json, person, post } from './api.ts';
import { subscribedWorld } from './webhook-world.ts';

const NEEDED: readonly Scope[] = ['dm.read', 'dm.write', 'tweet.read', 'users.read'];
const TWO_HOURS_MS = 7_200_000;

test('who did not allow it while they are away is told of for as long as the token works, and no longer', async (t) => {
  const { api, app, webhookId, told, take } = await subscribedWorld(t, { subscribers: [] });
  const { grants, oauth2, clients } = api.world.access.persons;
  const give = (scopes: readonly Scope[]) =>
    grants.change(() =>
      grants.giveOAuth2({ appId: app.appId, personId: '101', scopes }, api.world.clock.now()),
    );
  const url = `/2/account_activity/webhooks/${webhookId}/subscriptions/all`;
  const subscribe = async ({ accessToken }: { accessToken: string }) =>
    assert.equal((await api.send('POST', { bearerToken: accessToken }, url)).status, 200);
  let posts = 0;
  const happens = async (): Promise<Json[]> => {
    posts += 1;
    await api.apply(post(1, { id: String(posts), createdAt: api.world.clock.now() }));
    await told();
    return take().map((one) => Object.keys(one).at(-1));
  };

  await subscribe(give(NEEDED));
  assert.deepEqual(await happens(), ['tweet_create_events']);
  api.world.clock.advance(TWO_HOURS_MS);
  assert.deepEqual(await happens(), ['user_event'], 'it ended, and that is told');
  assert.deepEqual(await happens(), []);

  const lasting = give([...NEEDED, 'offline.access']);
  await subscribe(lasting);
  api.world.clock.advance(TWO_HOURS_MS);
  assert.deepEqual(await happens(), ['tweet_create_events'], 'a refresh token is in force');
  const { clientId } = clients.set(
    app.appId,
    { redirects: ['https://app.example.com/'] },
    api.world.clock.now(),
  );
  const form = { grant_type: 'refresh_token', client_id: clientId, refresh_token: lasting.refreshToken! };
  const less = new URLSearchParams({ ...form, scope: 'tweet.read users.read offline.access' });
  assert.equal(oauth2.token(less, undefined, api.world.clock.now()).status, 200);
  assert.deepEqual(await happens(), ['user_event'], 'what was renewed may less');
});

test('who takes the tokens away is told of no more, and the app hears so though nothing else happens', async (t) => {
  const { api, app, webhookId, subscribe, told, take } = await subscribedWorld(t);
  await subscribe({ app, webhookId }, '102');
  api.world.webhooks.lookAtRights();
  await told();
  assert.deepEqual(take(), [], 'as long as they are in force nothing is said');
  api.world.access.persons.grants.revokeApp('101', app.appId);
  api.world.webhooks.lookAtRights();
  // The one before may have come to the end of its round.
  api.world.webhooks.lookAtRights();
  await told();
  assert.deepEqual(
    take().map(({ user_event: { revoke } }) => revoke.source.user_id),
    ['101'],
  );
  const listed = await api.get(app, `/2/account_activity/webhooks/${webhookId}/subscriptions/all/list`);
  assert.deepEqual(listed.json.data.subscriptions, [{ user_id: '102' }]);
});

test('a like of somebody protected is told to their followers alone, as where likers are listed', async (t) => {
  const { api, told, take } = await subscribedWorld(t);
  await api.apply(
    person('102', { protected: true }),
    person('103', { protected: true }),
    { kind: 'relate', relation: 'follow', from: '101', to: '103', at: api.world.clock.now() },
    post(9, { id: '1' }),
  );
  await told();
  take();
  for (const from of ['102', '103', '104'])
    await api.apply({ kind: 'relate', relation: 'like', from, to: '1', at: api.world.clock.now() });
  await told();
  const likers = take().flatMap((one) => one.favorite_events?.map((event: Json) => event.user.id_str) ?? []);
  assert.deepEqual(likers.sort(), ['103', '104']);
});
