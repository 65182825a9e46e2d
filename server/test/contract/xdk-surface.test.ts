import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { operations } from '#x';
import { type Api, apiWorld, untilSuiteEnds } from './api.ts';

/**
 * The official XDK is made from X's public document: what it can ask for is read out of its code, and held against what
 * is declared here.
 */
type Call = { method: string; path: string; parameters: string[]; tokens: string[] };

const source = readFileSync(fileURLToPath(import.meta.resolve('@xdevplatform/xdk')), 'utf8');
const CALL =
  /async \w+\([^)]*\) \{[\s\S]*?let path = "([^"]+)";([\s\S]*?)this\.client\.request\(\s*"(\w+)"[\s\S]*?\n {4}\);/g;
const distinct = (text: string, pattern: RegExp) => [
  ...new Set([...text.matchAll(pattern)].map((m) => m[1]!)),
];
const calls: Call[] = [...source.matchAll(CALL)].map(([whole, path = '', body = '', method = '']) => ({
  method,
  path: path.replace(/\{\w+\}/g, '{}'),
  parameters: distinct(body, /params\.append\("([^"]+)"/g),
  tokens: distinct(whole, /"(BearerToken|OAuth2UserToken|UserToken)"/g).sort(),
}));
const declared = new Map(
  operations.map((one) => [`${one.method ?? 'GET'} ${one.path.replace(/\{\w+\}/g, '{}')}`, one]),
);
const keyOf = ({ method, path }: Call) => `${method} ${path}`;

const APP = ['BearerToken'];
const PERSON = ['OAuth2UserToken', 'UserToken'];
/** Where other clients, or X's pages, say otherwise than its document does now: each with its reason. */
const OTHERWISE: Readonly<Record<string, string[]>> = {
  // tweepy and twarc read these with the app's own key, as X's pages had it for years.
  getPostsLikingUsers: [...APP, ...PERSON],
  getUsersLikedPosts: [...APP, ...PERSON],
  getUsersPinnedLists: [...APP, ...PERSON],
  // X's pages give counts to apps alone, and bookmarks to OAuth 2.0 alone.
  getPostsCountsRecent: APP,
  getUsersBookmarks: ['OAuth2UserToken'],
  // X takes a person's OAuth 1.0a token too; no scope of such a token covers what belongs to the app.
  createWebhooks: APP,
  validateWebhooks: APP,
  deleteWebhooks: APP,
};

describe('what the official XDK can ask for', () => {
  const until = untilSuiteEnds();
  let api: Api;
  before(async () => {
    api = await apiWorld(until);
  });

  test('is read from its code: as many calls as it has', () => {
    // One method a `let path`; if another version is built otherwise, this says so.
    assert.equal(calls.length, source.match(/let path = "/g)?.length);
    assert.ok(calls.length > 150, String(calls.length));
  });

  test('is here with every parameter, or it is outside and says so', async () => {
    const app = await api.app();
    let here = 0;
    for (const call of calls) {
      const operation = declared.get(keyOf(call));
      if (!operation) {
        if (call.path === '/2/openapi.json') continue;
        const url = call.path.replaceAll('{}', '1');
        const reply = await api.server.inject({
          method: call.method as 'GET',
          url,
          headers: { authorization: `Bearer ${app.bearerToken}` },
        });
        assert.equal(reply.statusCode, 404, `${keyOf(call)}: ${reply.body}`);
        continue;
      }
      here += 1;
      const names = Object.values(operation.parameters).flatMap(({ name, also }) =>
        also ? [name, also] : [name],
      );
      const unknown = call.parameters.filter((name) => !names.includes(name));
      assert.deepEqual(unknown, [], operation.id);
    }
    assert.ok(here > 90, String(here));
    assert.deepEqual(api.mistakes, []);
  });

  test('takes the kinds of tokens that it sends', () => {
    const wrong = calls.flatMap((call) => {
      const operation = declared.get(keyOf(call));
      if (!operation) return [];
      const { id, auth, oauth2Only } = operation;
      const person = oauth2Only ? ['OAuth2UserToken'] : PERSON;
      const taken = [...(auth.includes('app') ? APP : []), ...(auth.includes('person') ? person : [])];
      const expected = OTHERWISE[id] ?? call.tokens;
      return taken.join() === expected.join()
        ? []
        : [`${id} takes ${taken.join()}, and is asked with ${expected.join()}`];
    });
    assert.deepEqual(wrong, []);
  });
});
