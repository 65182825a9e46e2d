import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { SCOPES, type Scope } from '#identity';
import { operations } from '#x';
import { type Api, apiWorld, signedBy, untilSuiteEnds } from './api.ts';
import { ask, GROUND } from './good.ts';

type App = Awaited<ReturnType<Api['app']>>;

/**
 * What X's document gives to an app's own key alone: streams and their rules, connections, compliance, usage, archive
 * search, counts, webhooks. The oracle is the table of X's endpoints (Auth: A), not the declarations.
 */
const APP_ONLY: readonly RegExp[] = [
  /^\/2\/(tweets|users|likes)(\/\w+)?\/(firehose\/)?stream(\/|$)/,
  /^\/2\/connections/,
  /^\/2\/compliance\//,
  /^\/2\/usage\//,
  /^\/2\/tweets\/search\/all$/,
  /^\/2\/tweets\/counts\//,
  /^\/2\/webhooks/,
  /^\/2\/tweets\/search\/webhooks/,
  /^\/2\/account_activity\/(?!webhooks\/\{webhook_id\}\/subscriptions\/all$)/,
];

/** Every set of rights that a test of one right needs: none, each alone, all but one, all. */
const RIGHTS: readonly (readonly Scope[])[] = [
  [],
  ...SCOPES.map((scope) => [scope]),
  ...SCOPES.map((scope) => SCOPES.filter((one) => one !== scope)),
  SCOPES,
];

describe('function-level authorisation: every operation × token kind × set of scopes', () => {
  let api: Api;
  let app: App;
  const until = untilSuiteEnds();

  before(async () => {
    api = await apiWorld(until);
    app = await api.app({ plan: 'enterprise-200m' });
    await api.apply(...GROUND);
  });

  test('an operation that takes persons’ tokens names the scopes that it needs', () => {
    for (const { id, auth, scopes = [] } of operations) {
      assert.equal(scopes.length > 0, auth.includes('person'), `${id} needs [${scopes}]`);
      for (const scope of scopes) assert.ok(SCOPES.includes(scope), `${id} needs ${scope}`);
    }
  });

  test('what manages the app takes no person’s token, as in X’s document', () => {
    const forApps = operations.filter(({ auth }) => !auth.includes('person'));
    const inTable = operations.filter(({ path }) => APP_ONLY.some((one) => one.test(path)));
    assert.deepEqual(
      inTable.map(({ id }) => id),
      forApps.map(({ id }) => id),
    );
  });

  for (const { id, auth, oauth2Only, scopes: needed = [] } of operations) {
    test(`${id} lets in exactly the tokens that hold [${needed}]`, async () => {
      for (const via of ['oauth2', 'oauth1'] as const) {
        for (const scopes of RIGHTS) {
          const token = api.person(app, '101', { scopes, via });
          const header = via === 'oauth2' ? `Bearer ${token.bearerToken}` : signedBy(token).authorization;
          const { status, json } = await ask(api, id, header);
          const where = `${via} [${scopes}]: ${status} ${JSON.stringify(json)}`;
          const isTaken = auth.includes('person') && (via === 'oauth2' || !oauth2Only);
          if (!isTaken) {
            assert.equal(status, 403, where);
            assert.equal(json.title, 'Unsupported Authentication', where);
          } else if (needed.every((scope) => scopes.includes(scope))) {
            assert.notEqual(json.reason, 'missing-scope', where);
            assert.notEqual(json.title, 'Unsupported Authentication', where);
            assert.notEqual(status, 401, where);
          } else {
            assert.equal(status, 403, where);
            assert.equal(json.reason, 'missing-scope', where);
          }
        }
      }
      const { status, json } = await ask(api, id, `Bearer ${app.bearerToken}`);
      assert.equal(json.title === 'Unsupported Authentication', !auth.includes('app'), `${status}`);
      assert.equal((await ask(api, id, undefined)).status, 401);
    });
  }

  test('nothing of all this was our own mistake', () => assert.deepEqual(api.mistakes, []));
});
