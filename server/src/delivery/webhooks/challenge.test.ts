import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Outbound, OutboundRequest } from '#kernel';
import { createOutbound, OutboundError } from '#kernel/outbound';
import { runs } from '#test/runs';
import { CHALLENGE_MS, challenge, signatureOf } from './challenge.ts';

/** RFC 4231, test cases 1 and 2: key and data as they are printed there, HMAC-SHA-256 in hex. */
const RFC4231: readonly [key: Buffer, data: Buffer, hex: string][] = [
  [
    Buffer.alloc(20, 0x0b),
    Buffer.from('Hi There'),
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  ],
  [
    Buffer.from('Jefe'),
    Buffer.from('what do ya want for nothing?'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
];

test('a signature is HMAC-SHA256 in base64: RFC 4231, test cases 1 and 2', () => {
  for (const [key, data, hex] of RFC4231) {
    const expected = `sha256=${Buffer.from(hex, 'hex').toString('base64')}`;
    assert.equal(signatureOf(key.toString('latin1'), data.toString()), expected);
  }
});

test('openssl signs the same, whatever the secret and the text', (t) => {
  const openssl = (secret: string, text: string) =>
    spawnSync(
      'openssl',
      [
        'dgst',
        '-sha256',
        '-mac',
        'HMAC',
        '-macopt',
        `hexkey:${Buffer.from(secret).toString('hex')}`,
        '-binary',
      ],
      { input: text },
    );
  if (openssl('a', 'b').status !== 0) {
    t.diagnostic('openssl is not here: only the published vectors were checked');
    return;
  }
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.string({ unit: 'grapheme' }),
      (secret, text) => {
        const { stdout } = openssl(secret, text);
        assert.equal(signatureOf(secret, text), `sha256=${stdout.toString('base64')}`);
      },
    ),
    { numRuns: runs(25) },
  );
});

/** A door that hands the request to a test. */
function door(answer: (request: OutboundRequest) => { status: number; body: string }): Outbound {
  return {
    check: () => undefined,
    async send(request) {
      const { status, body } = answer(request);
      return { status, headers: {}, body: Buffer.from(body) };
    },
  };
}

const SECRETS = [
  { consumerKey: 'new', secret: 'n' },
  { consumerKey: 'old', secret: 'o' },
];

function answering(secret: string) {
  return ({ url }: OutboundRequest) => {
    const token = new URL(url).searchParams.get('crc_token') ?? '';
    const hmac = createHmac('sha256', secret).update(token).digest('base64');
    return { status: 200, body: JSON.stringify({ response_token: `sha256=${hmac}`, extra: 1 }) };
  };
}

test('a challenge is passed with any secret in force, and says with which; tokens never come twice', async () => {
  const tokens = new Set<string>();
  for (const [secret, consumerKey] of [
    ['n', 'new'],
    ['o', 'old'],
  ] as const) {
    const outbound = door((request) => {
      tokens.add(new URL(request.url).searchParams.get('crc_token') ?? '');
      assert.deepEqual([request.method, request.timeoutMs], [undefined, CHALLENGE_MS]);
      return answering(secret)(request);
    });
    assert.deepEqual(await challenge(outbound, 'https://a.test/x?y=1#z', SECRETS), { consumerKey });
  }
  assert.equal(tokens.size, 2);
});

test('a challenge is failed by every other answer, and by none', async () => {
  const wrong: ((request: OutboundRequest) => { status: number; body: string })[] = [
    answering('x'),
    (request) => ({ ...answering('n')(request), status: 201 }),
    () => ({ status: 200, body: '' }),
    () => ({ status: 200, body: 'null' }),
    () => ({ status: 200, body: '{"response_token":7}' }),
    () => ({ status: 200, body: '{"response_token":""}' }),
    () => ({ status: 200, body: '\u{fffd}' }),
    (request) => ({ status: 200, body: answering('n')(request).body.replace('sha256=', '') }),
    () => {
      throw new OutboundError('timeout', 'no whole answer within 10000 ms');
    },
  ];
  for (const answer of wrong) {
    const answered = await challenge(door(answer), 'https://a.test/', SECRETS);
    assert.ok('refused' in answered, answer.toString());
  }
  for (const [because, message] of [
    ['refused', 'secret.internal is not at a public address (10.1.2.3)'],
    ['unreachable', 'secret.internal:22: connect ECONNREFUSED 10.1.2.3:22'],
    ['cut', '10.1.2.3: socket hang up'],
  ] as const) {
    const inside = door(() => {
      throw new OutboundError(because, message);
    });
    const answered = await challenge(inside, 'https://secret.internal/', SECRETS);
    assert.ok(
      'refused' in answered && !/10\.1\.2\.3|ECONN/.test(answered.refused),
      'where a name leads is not told',
    );
  }
  assert.ok(
    'refused' in (await challenge(door(answering('n')), 'https://a.test/', [])),
    'without a key in force',
  );
});

test('a name that leads inside is answered as one that is not there, over http and on any port', async () => {
  const inside: Readonly<Record<string, string>> = {
    'db.internal': '10.0.0.5',
    'meta.internal': '169.254.169.254',
    'loop.internal': '127.0.0.1',
    'six.internal': 'fd00::1',
  };
  const outbound = createOutbound({
    allow: [],
    lookup: async (name) => {
      const address = inside[name];
      if (address === undefined) throw Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
      return [{ address, family: address.includes(':') ? 6 : 4 }];
    },
  });
  for (const form of ['https://#/', 'http://#/', 'https://#:22/', 'https://#:8443/hook']) {
    const told = new Set<string>();
    for (const name of [...Object.keys(inside), 'nothing.internal'])
      told.add(JSON.stringify(await challenge(outbound, form.replace('#', name), [])));
    assert.equal(told.size, 1, [...told].join(' / '));
  }
});
