import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import OAuth from 'oauth-1.0a';
import { runs } from '#test/runs';
import { encodeForm } from '../form.ts';
import {
  decodeForm,
  isSigned,
  parseAuthorization,
  percentEncode,
  protocolOf,
  sign,
  signatureBase,
} from './signature.ts';

/** Published examples: RFC 5849, 1.2 and 3.4.1 (signature as erratum 2550 corrects it), and X's "Creating a signature" guides. */
const VECTORS = [
  {
    what: 'RFC 5849, 1.2, temporary credentials',
    method: 'POST',
    url: 'https://photos.example.net/initiate',
    authorization:
      'OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131200", oauth_nonce="wIjqoS", oauth_callback="http%3A%2F%2Fprinter.example.com%2Fready", oauth_signature="74KNZJeDHnMBp0EMJ9ZHt%2FXKycU%3D"',
    secrets: { consumer: 'kd94hf93k423kf44', token: '' },
  },
  {
    what: 'RFC 5849, 1.2, token credentials',
    method: 'POST',
    url: 'https://photos.example.net/token',
    authorization:
      'OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_token="hh5s93j4hdidpola", oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131201", oauth_nonce="walatlh", oauth_verifier="hfdp7dh39dks9884", oauth_signature="gKgrFCywp7rO0OXSjdot%2FIHF7IU%3D"',
    secrets: { consumer: 'kd94hf93k423kf44', token: 'hdhd0244k9j7ao03' },
  },
  {
    what: 'RFC 5849, 1.2, a protected resource',
    method: 'GET',
    url: 'http://photos.example.net/photos?file=vacation.jpg&size=original',
    authorization:
      'OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_token="nnch734d00sl2jdk", oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131202", oauth_nonce="chapoH", oauth_signature="MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D"',
    secrets: { consumer: 'kd94hf93k423kf44', token: 'pfkkdhi9sl3r4s00' },
  },
  {
    what: 'RFC 5849, 3.4.1, repeated and empty parameters in query and form',
    method: 'POST',
    url: 'http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b',
    form: 'c2&a3=2+q',
    authorization:
      'OAuth realm="Example", oauth_consumer_key="9djdj82h48djs9d2", oauth_token="kkk9d7dh3k39sjv7", oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131201", oauth_nonce="7d8f3e4a", oauth_signature="r6%2FTJjbCOr97%2F%2BUU0NsvSne7s5g%3D"',
    secrets: { consumer: 'j49sk3j29djd', token: 'dh893hdasih9' },
  },
  {
    what: 'X, a post',
    method: 'POST',
    url: 'https://api.twitter.com/1.1/statuses/update.json?include_entities=true',
    form: 'status=Hello%20Ladies%20%2b%20Gentlemen%2c%20a%20signed%20OAuth%20request%21',
    authorization:
      'OAuth oauth_consumer_key="xvz1evFS4wEEPTGEFPHBog", oauth_nonce="kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg", oauth_signature="hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D", oauth_signature_method="HMAC-SHA1", oauth_timestamp="1318622958", oauth_token="370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb", oauth_version="1.0"',
    secrets: {
      consumer: 'kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw',
      token: 'LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE',
    },
  },
  {
    what: 'X, a request token',
    method: 'POST',
    url: 'https://api.twitter.com/oauth/request_token',
    authorization:
      'OAuth oauth_callback="http%3A%2F%2Flocalhost%2Fsign-in-with-twitter%2F", oauth_consumer_key="cChZNFj6T5R0TigYB9yd1w", oauth_nonce="ea9ec8429b68d6b77cd5600adbbb0456", oauth_signature="F1Li3tvehgcraF8DMJ7OyxO4w9Y%3D", oauth_signature_method="HMAC-SHA1", oauth_timestamp="1318467427", oauth_version="1.0"',
    secrets: { consumer: 'L8qq9PZyRg6ieKGEKhZolGC0vJWLw8iEJ88DRdyOg', token: '' },
  },
];

for (const { what, secrets, ...request } of VECTORS) {
  test(`the published signature holds: ${what}`, () => {
    const protocol = protocolOf(request);
    assert.ok(protocol);
    assert.ok(isSigned(request, protocol, secrets));
    assert.ok(!isSigned({ ...request, method: 'DELETE' }, protocol, secrets));
    assert.ok(!isSigned(request, protocol, { ...secrets, consumer: 'x' }));
  });
}

test('the base string of RFC 5849, 3.4.1.1 comes out to the letter', () => {
  assert.equal(
    [...signatureBase(VECTORS[3]!)!()].join(''),
    'POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7',
  );
});

const word = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((text) => text.isWellFormed());
// The other client does not decode names of a query; the RFC's example above has such names.
const name = fc.stringMatching(/^[a-z][a-z0-9_.~-]{0,11}$/).filter((text) => !/^(oauth_|realm$)/.test(text));

/** As somebody else's client signs. */
function signedByOther(
  request: { url: string; method: string; data?: Record<string, string> },
  secrets: { consumer: string; token: string },
  method: 'HMAC-SHA1' | 'HMAC-SHA256',
): string {
  const client = new OAuth({
    consumer: { key: 'consumer', secret: secrets.consumer },
    signature_method: method,
    hash_function: (base, key) =>
      createHmac(method === 'HMAC-SHA1' ? 'sha1' : 'sha256', key)
        .update(base)
        .digest('base64'),
  });
  return client.toHeader(client.authorize(request, { key: 'token', secret: secrets.token })).Authorization;
}

test('what another client signs is accepted, and nothing of it can be changed', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<'HMAC-SHA1' | 'HMAC-SHA256'>('HMAC-SHA1', 'HMAC-SHA256'),
      fc.uniqueArray(fc.tuple(name, word), { maxLength: 4, selector: ([key]) => key }),
      fc.uniqueArray(fc.tuple(name, word), { maxLength: 4, selector: ([key]) => key }),
      word,
      word,
      fc.nat(),
      (method, query, form, consumer, token, pick) => {
        // Its data replaces a query's parameter of the same name, which is its own quirk.
        const fields = form.filter(([key]) => query.every(([other]) => other !== key));
        const search = query.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
        const url = `https://api.example.com/2/tweets${search === '' ? '' : `?${search}`}`;
        const secrets = { consumer, token };
        const authorization = signedByOther(
          { url, method: 'POST', data: Object.fromEntries(fields) },
          secrets,
          method,
        );
        const request = { method: 'POST', url, authorization, form: new URLSearchParams(fields).toString() };
        const protocol = protocolOf(request)!;
        assert.ok(isSigned(request, protocol, secrets));
        const tampered = [
          { ...request, method: 'PUT' },
          { ...request, url: url.replace('tweets', 'users') },
          { ...request, url: url.replace('api.', 'other.') },
          { ...request, url: `${url}${search === '' ? '?' : '&'}x=1` },
          { ...request, form: `${request.form}&x=1` },
          { ...request, authorization: authorization.replace('oauth_nonce="', 'oauth_nonce="x') },
          { ...request, authorization: authorization.replace('oauth_timestamp="', 'oauth_timestamp="1') },
          { ...request, authorization: authorization.replace('oauth_token="', 'oauth_token="x') },
        ];
        const one = tampered[pick % tampered.length]!;
        assert.ok(!isSigned(one, protocolOf(one)!, secrets));
      },
    ),
    { numRuns: runs(300) },
  );
});

test('what says too little, too much or something else is no signed request', () => {
  const good = VECTORS[4]!;
  const swap = (from: string | RegExp, to: string) => ({
    ...good,
    authorization: good.authorization.replace(from, to),
  });
  const table: [what: string, request: Parameters<typeof protocolOf>[0]][] = [
    ['no header', { ...good, authorization: '' }],
    ['another scheme', { ...good, authorization: 'Bearer x' }],
    ['a parameter without quotes', swap('"HMAC-SHA1"', 'HMAC-SHA1')],
    ['broken percent-encoding', swap('hCtSmYh%2B', 'hCtSmYh%2')],
    ['PLAINTEXT', swap('HMAC-SHA1', 'PLAINTEXT')],
    ['RSA', swap('HMAC-SHA1', 'RSA-SHA1')],
    ['a method that every object has', swap('HMAC-SHA1', 'constructor')],
    ['another version', swap('"1.0"', '"2.0"')],
    ['no nonce', swap(/oauth_nonce="[^"]*",/, '')],
    ['an endless nonce', swap(/oauth_nonce="[^"]*"/, `oauth_nonce="${'x'.repeat(257)}"`)],
    ['no time', swap(/oauth_timestamp="[^"]*",/, '')],
    ['a time that is no number', swap('1318622958', '1e9')],
    ['a negative time', swap('1318622958', '-5')],
    ['no key', swap(/oauth_consumer_key="[^"]*",/, '')],
    ['no signature', swap(/oauth_signature="[^"]*",/, '')],
    ['a parameter twice in the header', swap('OAuth ', 'OAuth oauth_token="other", ')],
  ];
  for (const [what, request] of table) assert.equal(protocolOf(request), undefined, what);
  assert.equal(
    parseAuthorization(`OAuth ${'a="b",'.repeat(20_000)}`),
    undefined,
    'a header beyond the limit',
  );
});

test('a query or form that says something else of the protocol than the header has no base string', () => {
  const good = VECTORS[4]!;
  for (const [what, request] of [
    ['header and query', { ...good, url: `${good.url}&oauth_token=other` }],
    ['header and form', { ...good, form: `${good.form}&oauth_nonce=other` }],
    ['the query alone', { ...good, url: `${good.url}&oauth_body_hash=x` }],
    ['the form alone, under an encoded name', { ...good, form: 'oauth%5Fbody_hash=x' }],
  ] as const) {
    assert.equal(signatureBase(request), undefined, what);
  }
});

test('a query that cannot be read has no base string, so nothing signs it', () => {
  const good = VECTORS[4]!;
  for (const url of [
    'not an address',
    'ftp://example.com/',
    'https://example.com/?a=%FF',
    'https://example.com/?a=%zz',
  ]) {
    assert.equal(signatureBase({ ...good, url }), undefined, url);
  }
});

test('HMAC-SHA256 is what node:crypto says it is, keyed by both secrets', () => {
  assert.equal(
    sign('base', 'HMAC-SHA256', 'a&b', 'c d'),
    createHmac('sha256', 'a%26b&c%20d').update('base').digest('base64'),
  );
});

test('a form is encoded anew as the platform’s own functions decode and encode it, and refused where they refuse', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 6 }).filter((text) => text.isWellFormed()),
    fc.constantFrom('&', '=', '+', '%', '%2', '%2b', '%c3%A9', '%FF', '%ed%a0%80', '%25', '~', "!'()*"),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const form = pieces.join('');
      const expected = decodeForm(form)?.map((pair) => pair.map(percentEncode));
      assert.deepEqual(encodeForm(form), expected);
    }),
    { numRuns: runs(2_000) },
  );
});

const MIB = 1 << 20;

test('a form of the length that uploads have is verified; one byte of it changed, and it is not', () => {
  const secrets = { consumer: 'c', token: 't' };
  // As X's v1.1 clients send pictures: base64, whose + / = are encoded.
  const media = Buffer.alloc(5 * MIB, 'a picture of five MiB?>').toString('base64');
  const data = { media_category: 'tweet_image', media_data: media };
  const url = 'http://upload.x.com:8080/1.1/media/upload.json';
  const authorization = signedByOther({ url, method: 'POST', data }, secrets, 'HMAC-SHA1');
  const request = { method: 'POST', url, authorization, form: new URLSearchParams(data).toString() };
  const protocol = protocolOf(request)!;
  assert.ok(isSigned(request, protocol, secrets));
  assert.ok(isSigned({ ...request, url: url.replace('http:', 'https:') }, protocol, secrets));
  const changed = request.form.replace(/.$/, (last) => (last === 'x' ? 'y' : 'x'));
  assert.ok(!isSigned({ ...request, form: changed }, protocol, secrets));
});

test('the most that a hostile form makes of itself is bounded: what would grow beyond the limit is refused', () => {
  for (const text of ['!', "!'()*", '\u00e9', '+', '%', '%ff', '=', '&', 'a&'])
    assert.equal(encodeForm(text.repeat(Math.floor((8 * MIB) / Buffer.byteLength(text)))), undefined, text);
  assert.equal(encodeForm('a'.repeat(8 * MIB + 1)), undefined);
  assert.equal(encodeForm('a'.repeat(8 * MIB))?.length, 1);
});
