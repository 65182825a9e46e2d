import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { serve } from '../../src/wiring/serve.ts';
import { testWorld } from '../world.ts';
import { type Api, apiWorld, type Json, person, read } from './api.ts';

const HOUR_MS = 3_600_000;
const FAILURES_MAX = 150;

type Key = { bearerToken: string; appId: string };

async function ask(api: Api, authorization: string | undefined, remoteAddress = '203.0.113.7') {
  const headers = authorization === undefined ? {} : { authorization };
  return read(await api.server.inject({ url: '/2/users/me', headers, remoteAddress }));
}

async function revoke(api: Api, { appId }: Key): Promise<void> {
  for (const { keys } of api.world.terms.apps('*').filter((one) => one.appId === appId))
    for (const { keyId } of keys) await api.world.terms.revokeKey('*', keyId);
}

describe('a 401 says which kind of wrong', () => {
  test('by what the caller holds whole: revoked, rotated, expired, refresh, an account that is closed', async (t) => {
    const api = await apiWorld(t);
    await api.apply(person('101'), person('102'));
    const revoked = await api.app();
    const rotated = await api.app();
    const { giveOwnTokens, grants } = api.world.access.persons;
    const scopes = ['tweet.read', 'users.read', 'offline.access'] as const;
    const { clock } = api.world;
    const give = (personId: string, appId = rotated.appId) =>
      grants.change(() => grants.giveOAuth2({ appId, personId, scopes }, clock.now()));
    const expired = give('101');
    clock.advance(HOUR_MS);
    const closed = give('102');
    const ofRevoked = giveOwnTokens(revoked.appId, '101').oauth2;
    await revoke(api, revoked);
    await api.world.terms.rotateKey('*', rotated.appId, { overlapHours: 1 });
    clock.advance(HOUR_MS);
    await api.apply({ kind: 'person-state', id: '102', state: 'suspended' });
    for (const [bearer, reason] of [
      [revoked.bearerToken, 'revoked-key'],
      [rotated.bearerToken, 'ended-key'],
      [expired.accessToken, 'expired-token'],
      [expired.refreshToken, 'refresh-token'],
      [closed.accessToken, 'suspended-token'],
      [ofRevoked.accessToken, 'suspended-token'],
    ] as const) {
      const { status, json, text } = await ask(api, `Bearer ${bearer}`);
      assert.equal(status, 401, reason);
      assert.equal(json.reason, reason);
      assert.equal(json.ended_at !== undefined, reason === 'revoked-key' || reason === 'ended-key');
      assert.ok(!text.includes(bearer!), 'no secret comes back');
      // One character away from it nothing is known: the answer is an oracle for nobody who has to guess.
      const near = `${bearer!.slice(0, -1)}${bearer!.endsWith('A') ? 'B' : 'A'}`;
      assert.equal((await ask(api, `Bearer ${near}`)).json.reason, 'unknown-key');
    }
    const restarted = await api.world.restart();
    assert.equal(restarted.terms.endOfBearer(revoked.bearerToken)?.reason, 'revoked-key', 'after a restart');
    assert.deepEqual(api.mistakes, []);
  });

  test('a key that has ended gets 401 whatever its address did, and a guess 429', async (t) => {
    const api = await apiWorld(t);
    await api.apply(person('101'));
    const [good, bad] = [await api.app(), await api.app()];
    const { accessToken } = api.world.access.persons.giveOwnTokens(bad.appId, '101').oauth2;
    await revoke(api, bad);
    for (let i = 0; i < FAILURES_MAX; i += 1) assert.equal((await ask(api, 'Bearer guess')).status, 401);
    assert.equal((await ask(api, 'Bearer guess')).status, 429);
    assert.equal((await ask(api, undefined)).status, 429);
    for (const bearer of [bad.bearerToken, accessToken]) {
      const { status, headers } = await ask(api, `Bearer ${bearer}`);
      assert.equal(status, 401);
      assert.equal(headers['x-rate-limit-remaining'], '0');
    }
    const { oauth2 } = api.world.access.persons.giveOwnTokens(good.appId, '101');
    assert.equal((await ask(api, `Bearer ${oauth2.accessToken}`)).status, 200);
  });

  test('a key of another role, by its form alone, and what is no key of any', async (t) => {
    const world = await testWorld(t);
    const running = await serve(world);
    t.after(() => running.close());
    const { token } = await world.access.addOperator('Olga');
    const { licenseeId, log } = await world.terms.addLicensee('Example');
    const app = await world.terms.addApp('*', { licenseeId, plan: 'pro' });
    const get = async (url: string, authorization?: string): Promise<[number, Json]> => {
      const headers = authorization === undefined ? {} : { authorization };
      const reply = await fetch(`${running.address}${url}`, { headers });
      return [reply.status, ((await reply.json()) as Json).reason];
    };
    const made = 'parley_operator_0000000000000000000000000000000000000000000';
    for (const [url, authorization, reason] of [
      ['/2/tweets/1', `Bearer ${token}`, 'other-role'],
      ['/2/tweets/1', `Bearer ${made}`, 'other-role'],
      ['/2/tweets/1', token, 'no-scheme'],
      ['/metrics', `Bearer ${app.bearerToken}`, 'other-role'],
      ['/metrics', `Bearer ${made}`, 'unknown-key'],
      ['/metrics', undefined, 'no-credentials'],
      ['/v1/posts', 'Bearer parley_person_x', 'other-role'],
      [`/ledger/${log}/checkpoint`, 'Bearer parley_person_x', 'other-role'],
      [`/ledger/${log}/checkpoint`, `Bearer ${made}`, 'unknown-key'],
      [
        `/ledger/${log.replace(/.$/, (last) => (last === '0' ? '1' : '0'))}/checkpoint`,
        undefined,
        'no-credentials',
      ],
    ] as const)
      assert.deepEqual(await get(url, authorization), [401, reason], `${url} ${authorization}`);
  });

  test('403: the plans that include an operation are named, the operator’s own among them', async (t) => {
    const api = await apiWorld(t);
    const { terms } = api.world;
    const pro = terms.plans().find(({ name }) => name === 'pro')!;
    await terms.addPlan({ ...pro, name: 'city-desk' });
    const { json } = await api.get(await api.app({ plan: 'basic' }), '/2/tweets/search/all?query=a');
    assert.equal(json.reason, 'client-not-enrolled');
    assert.match(json.detail, /These do: .*\bcity-desk\b/);
    assert.ok(json.plans.includes('city-desk') && !json.plans.includes('basic'));
  });
});
