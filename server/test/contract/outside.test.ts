import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { operations } from '#x';
import { UNSUPPORTED_ENDPOINTS } from '../../src/surface/x/call/unsupported-endpoints.ts';
import { type Api, apiWorld, read, untilSuiteEnds } from './api.ts';

/** Paths that differ in the names of their parameters alone are one. */
const shape = (path: string) => path.replace(/\{\w+\}/g, '{}');

describe('what is outside of a licence for posts', () => {
  let api: Api;
  let headers: { authorization: string };
  const until = untilSuiteEnds();

  before(async () => {
    api = await apiWorld(until);
    const app = await api.app({ plan: 'enterprise-200m' });
    headers = { authorization: `Bearer ${app.bearerToken}` };
  });

  test('answers 404 to every method, before any body is read, with rate headers', async () => {
    for (const { path, what } of UNSUPPORTED_ENDPOINTS) {
      const url = path.replace(/\{\w+\}/g, '123');
      const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const;
      // A window of its own bounds such requests: each address asks in another one.
      api.world.clock.advance(900_000);
      for (const method of methods) {
        const payload = method === 'GET' || method === 'HEAD' ? undefined : '{';
        const reply = await api.server.inject({ method, url, headers, payload });
        assert.equal(reply.statusCode, 404, `${method} ${url}`);
        assert.match(String(reply.headers['x-rate-limit-reset']), /^\d+$/, url);
        if (method === 'HEAD') continue;
        const { title, type, status, detail } = read(reply).json;
        assert.deepEqual([title, type, status], ['Not Found', 'about:blank', 404], url);
        assert.ok(detail.includes(what), detail);
      }
    }
  });

  test('is a 401 for who has no key, like everything', async () => {
    assert.equal((await api.server.inject({ url: '/2/spaces/search' })).statusCode, 401);
  });

  test("with the operations it is all that X's own client can call", () => {
    const client = readFileSync(
      new URL('../../../node_modules/@xdevplatform/xdk/dist/index.js', import.meta.url),
      'utf8',
    );
    const called = new Set([...client.matchAll(/"(\/2\/[\w/{}.]+)"/g)].map((match) => shape(match[1] ?? '')));
    assert.ok(called.size > 100, `${called.size} paths in the client`);
    const inside = new Set(operations.map(({ path }) => shape(path)));
    const outside = new Set(UNSUPPORTED_ENDPOINTS.map(({ path }) => shape(path)));
    called.delete('/2/openapi.json');
    assert.deepEqual(
      [...called].filter((path) => !inside.has(path) && !outside.has(path)),
      [],
    );
    assert.deepEqual(
      [...outside].filter((path) => inside.has(path)),
      [],
      'nothing is both',
    );
  });

  test('is listed in the written reference, one line each', () => {
    const written = readFileSync(new URL('../../../docs/reference/api.md', import.meta.url), 'utf8');
    const section = written.split('## What is outside')[1]?.split('\n## ')[0] ?? '';
    const rows = [...section.matchAll(/^\| `(\S+)` \| (.+) \|$/gm)].map(([, path, what]) => ({ path, what }));
    assert.deepEqual(rows, UNSUPPORTED_ENDPOINTS);
  });
});
