import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encodePage, ID_MAX } from '#kernel';
import { operations } from '#x';
import { apiWorld, checkReply, read } from './api.ts';
import { GOOD, GROUND } from './good.ts';

const LARGEST = String(ID_MAX);
/** Values at the edges of every kind of parameter, and tokens of pages that nobody ever gave. */
function valuesFor(operation: string): string[] {
  const forged = [
    ['o', Number.MAX_SAFE_INTEGER],
    ['n', Number.MAX_SAFE_INTEGER],
    ['n', 0],
    ['o', LARGEST, LARGEST],
    ['n', LARGEST, '101'],
    ['o', '0', '101'],
    ['n', '0', '101'],
    ['n', LARGEST, Number.MAX_SAFE_INTEGER],
    ['o', LARGEST, 1],
    ['b', '0'],
    ['a', 'x', 500],
    [Number.MAX_SAFE_INTEGER],
    [],
  ];
  return [
    ...['0', '-1', '00', LARGEST, '9223372036854775808', '1e400', 'NaN', '0x10', '%00', '%F0%9F%98%80'],
    ...['a'.repeat(3_000), '%27%3B--', '..%2f..%2fetc', '1,2,3,1', ',,,', '*', 'true', 'null', '%7B%7D'],
    ...['0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '275760-09-13T00:00:00Z'],
    ...forged.map((rest) => encodePage(operation, rest)),
    encodePage('connections', [Number.MAX_SAFE_INTEGER]),
  ];
}

const deep = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);
/** Bodies that are JSON and nobody's form, or a form with one thing too much. */
const BODIES = [
  ...['', 'null', '[]', '0', '"x"', '{}', '{"__proto__":{"text":"x"}}', '\u0000'],
  deep('[', ']', 200_000),
  `{"text":${deep('{"a":', '}', 50_000).replace(':}', ':1}')}}`,
  ...['{"text":null}', '{"text":"\\ud800"}', '{"text":"\\u0000"}', '{"text":{"a":1}}', '{"tweet_id":1}'],
  `{"text":"${'a-'.repeat(12_000)}"}`,
  `{"text":"${'@a '.repeat(90)}"}`,
  `{"add":[{"value":"${'('.repeat(2_000)}"}]}`,
  ...[
    '{"tweet_id":"99999999999999999999"}',
    '{"target_user_id":"101"}',
    '{"list_id":"0"}',
    '{"user_id":"0"}',
  ],
  ...[
    '{"name":"\\u202e\\u0000"}',
    '{"name":"x","private":"yes"}',
    '{"add":"x"}',
    '{"delete":{"ids":[null]}}',
  ],
  '{"conversation_type":"Group","participant_ids":["1","1","1"],"message":{"text":"x"}}',
  ...['{"uuids":[1]}', '{"url":"https://[::1]/"}', '{"url":"javascript:1"}', '{"media":"!!"}'],
  ...[
    '{"media_type":"image/png","total_bytes":1e308}',
    '{"total_bytes":-1}',
    '{"type":"tweets","name":"\\u0000"}',
  ],
  '{"text":"x","poll":{"options":["a","b"],"duration_minutes":1e308}}',
  '{"webhook_id":"1","from_date":"000000000000","to_date":"999999999999"}',
];

describe('hostile values', () => {
  test('no value of any parameter and no body of any operation is a 500', async (t) => {
    const api = await apiWorld(t);
    await api.apply(...GROUND);
    const pro = api.world.terms.plans().find(({ name }) => name === 'pro')!;
    const rates = Object.fromEntries(Object.keys(pro.rates).map((id) => [id, [1e9, 1e9] as const]));
    await api.world.terms.addPlan({ name: 'wide', base: 'pro', rates, ratesPerSecond: {} });
    const app = await api.app({ plan: 'wide' });
    const keys = { app: app.bearerToken, person: api.person(app, '101').bearerToken };

    for (const { id, path, method = 'GET', auth, opens, parameters } of operations) {
      const bearer = auth.includes('person') ? keys.person : keys.app;
      const [good = '', query = ''] = GOOD[id]!.split('?');
      const send = async (url: string, payload?: string) => {
        const reply = await api.server.inject({
          method,
          url,
          headers: {
            authorization: `Bearer ${bearer}`,
            'content-type': 'application/json',
            ...(opens ? { 'parley-dry-run': '1' } : {}),
          },
          payload,
        });
        const where = `${method} ${url.slice(0, 300)} ${payload?.slice(0, 100)}`;
        assert.ok(reply.statusCode < 500, `${where}: ${reply.body} ${JSON.stringify(api.mistakes)}`);
        if (reply.statusCode < 300) checkReply(url, read(reply), method.toLowerCase());
      };
      for (const one of Object.values(parameters)) {
        for (const value of valuesFor(id)) {
          if (one.in === 'path') {
            const parts = path
              .split('/')
              .map((part, at) => (part === `{${one.name}}` ? value : good.split('/')[at]));
            await send(`${parts.join('/')}?${query}`);
            continue;
          }
          const asked = new URLSearchParams(query);
          asked.delete(one.name);
          await send(`${good}?${asked}&${one.name}=${value}`);
        }
      }
      if (method !== 'GET') for (const body of BODIES) await send(`${good}?${query}`, body);
    }
    assert.deepEqual(api.mistakes, []);
  });
});
