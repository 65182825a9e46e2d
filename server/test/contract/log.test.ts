import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '#http';
import { operations } from '#x';
import { CASES, OTHER_ROUTES } from './tenant-cases.ts';
import { ALICE, MARK, served, tenants } from './tenant-world.ts';

test('the log of every operation and route, by every kind of caller, holds no secret, post or address', async (t) => {
  const lines: string[] = [];
  const logger = createLogger({ level: 'debug', format: 'json' }, { write: (line) => void lines.push(line) });
  const parley = await served(t, { logger });
  const { roles, theirs, own } = await tenants(t, parley);
  const all = [
    ...operations.map(({ id, method = 'GET', opens }) => ({ method, one: CASES[id]!, opens })),
    ...Object.entries(OTHER_ROUTES).map(([name, one]) => ({
      method: name.split(' ')[0]!,
      one,
      opens: undefined,
    })),
  ];
  const callers = [
    ...roles,
    ...Object.entries(own).map(([name, authorization]) => ({ name, authorization, personId: ALICE })),
  ];
  const secrets = new Set<string>();
  let asked = 0;
  for (const { authorization, personId = ALICE } of callers) {
    for (const word of authorization?.split(' ').slice(1) ?? []) secrets.add(word);
    for (const { method, one, opens } of all) {
      const { url, body, form, headers } = one.request(theirs, personId);
      asked += 1;
      const id = `asked-${asked}`;
      const reply = await parley.server.inject({
        method: method as 'GET',
        url,
        remoteAddress: `10.9.${(asked >> 8) & 255}.${asked & 255}`,
        headers: {
          ...(authorization === undefined ? {} : { authorization }),
          ...(opens ? { 'parley-dry-run': '1' } : {}),
          ...headers,
          'x-request-id': id,
        },
        payload: form ?? (body as object | undefined),
      });
      assert.equal(reply.headers['x-request-id'], id, `${method} ${url}`);
      for (const found of reply.payload.matchAll(/parley_[A-Za-z0-9_-]{8,}/g)) secrets.add(found[0]);
    }
  }
  const about = lines
    .map((line) => JSON.parse(line))
    .filter(({ request }) => String(request).startsWith('asked-'));
  assert.equal(about.length, asked, 'one line a request');
  const patterns = new Set(['(none)', ...[...parley.routes].map((route) => route.split(' ')[1])]);
  for (const line of about) assert.ok(patterns.has(line.route), JSON.stringify(line));
  const bare = about.filter(({ cause }) => cause?.startsWith('status-'));
  assert.deepEqual(
    [...new Set(bare.map(({ method, route, cause }) => `${method} ${route} ${cause}`))],
    [],
    'each refusal has its cause',
  );
  assert.ok(secrets.size > 10);
  const log = lines.join('');
  for (const secret of secrets) assert.ok(!log.includes(secret), secret);
  for (const text of [MARK, 'seen?', 'alice', '"bob', '/bob', ...Object.values(theirs)])
    assert.ok(!log.includes(text), `${text} in ${lines.find((line) => line.includes(text))}`);
});
