import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, readConfig } from './config.ts';

test('without flags and environment the server is for this machine only', () => {
  const { data, host, port, origin } = readConfig({}, { HOME: '/home/o' });
  assert.deepEqual(
    { data, host, port, origin },
    { data: './data', host: '127.0.0.1', port: 8080, origin: undefined },
  );
});

test('an empty variable is as if unset: an empty host would listen to everybody', () => {
  const names = [
    'DATA',
    'HOST',
    'PORT',
    'ORIGIN',
    'PUBLIC_URL',
    'ALLOW_OUTBOUND',
    'ALLOW_WEBHOOKS',
    'TLS_CERT',
    'TLS_KEY',
    'TRUST_PROXY',
    'LOG_LEVEL',
    'LOG_FORMAT',
    'MASTER_KEY',
    'MASTER_KEY_FILE',
  ];
  const empty = Object.fromEntries(names.map((name) => [`PARLEY_${name}`, '']));
  assert.deepEqual(readConfig({}, { HOME: '/home/o', ...empty }), readConfig({}, { HOME: '/home/o' }));
});

test('flags win over variables', () => {
  const env = { PARLEY_DATA: '/e', PARLEY_HOST: '::1', PARLEY_PORT: '1', PARLEY_ORIGIN: 'env.example' };
  const flags = { data: '/f', host: '0.0.0.0', port: '2', origin: 'flag.example/x' };
  assert.deepEqual(
    {
      ...readConfig(
        { ...flags, allowOutbound: '10.0.0.0/8, ::1' },
        { ...env, PARLEY_ALLOW_WEBHOOKS: '10.2.0.7' },
      ),
      masterKeyFile: '',
    },
    {
      ...flags,
      port: 2,
      masterKey: undefined,
      masterKeyFile: '',
      publicUrl: undefined,
      allowOutbound: ['10.0.0.0/8', '::1'],
      allowWebhooks: ['10.2.0.7'],
      tls: undefined,
      trustProxy: [],
      guard: undefined,
      log: { level: 'info', format: 'text' },
      otlpEndpoint: undefined,
    },
  );
  assert.equal(readConfig({}, env).host, '::1');
  assert.equal(
    readConfig({ publicUrl: 'https://api.example.com/' }, {}).publicUrl,
    'https://api.example.com',
  );
});

test('a guard’s address is kept as it is given, and an error about it does not repeat its password', () => {
  const guard = 'postgres://me:hunter2@db/parley';
  assert.equal(readConfig({ guard }, {}).guard, guard);
  assert.equal(readConfig({ guard: 'none' }, {}).guard, 'none');
  assert.throws(
    () => readConfig({}, { PARLEY_GUARD: 'postgres://me:hunter2@db' }),
    (error: Error) =>
      error instanceof ConfigError &&
      /^PARLEY_GUARD .+ database is missing/.test(error.message) &&
      !error.message.includes('hunter2'),
  );
});

test('what cannot be is refused and named', () => {
  const wrong: [Parameters<typeof readConfig>[0], RegExp][] = [
    [{ host: '' }, /--host/],
    [{ data: '' }, /--data/],
    [{ port: '' }, /--port/],
    [{ port: '65536' }, /--port/],
    [{ port: '80a' }, /--port/],
    [{ publicUrl: 'api.example.com' }, /--public-url/],
    [{ publicUrl: 'https://api.example.com/x' }, /--public-url/],
    [{ publicUrl: 'ftp://api.example.com' }, /--public-url/],
    [{ allowOutbound: '' }, /--allow-outbound is empty/],
    [{ allowOutbound: '10.0.0.0/8,localhost' }, /--allow-outbound: "localhost"/],
    [{ allowWebhooks: '' }, /--allow-webhooks is empty/],
    [{ allowWebhooks: '10.2.0.7,localhost' }, /--allow-webhooks: "localhost"/],
    [{ tlsCert: 'c.pem' }, /--tls-cert needs --tls-key/],
    [{ tlsKey: 'k.pem' }, /--tls-key needs --tls-cert/],
    [{ tlsCert: '', tlsKey: 'k.pem' }, /--tls-cert is empty/],
    [{ trustProxy: 'true' }, /--trust-proxy: "true"/],
    [{ trustProxy: '1' }, /--trust-proxy: "1"/],
    [{ trustProxy: '*' }, /--trust-proxy: "\*"/],
    [{ trustProxy: 'loopback' }, /--trust-proxy: "loopback"/],
    [{ trustProxy: '10.0.0.0/8,0.0.0.0/0' }, /not everybody's/],
    [{ trustProxy: '::/0' }, /not everybody's/],
    [{ origin: 'https://data.example.com' }, /--origin/],
    [{ origin: 'a'.repeat(129) }, /--origin/],
  ];
  for (const [flags, message] of wrong) {
    assert.throws(
      () => readConfig(flags, {}),
      (error: Error) => error instanceof ConfigError && message.test(error.message),
    );
  }
});

test('TLS files and trusted proxies come from flags or variables', () => {
  const env = { PARLEY_TLS_CERT: '/c', PARLEY_TLS_KEY: '/k', PARLEY_TRUST_PROXY: '10.0.0.0/8, fd00::1' };
  const { tls, trustProxy } = readConfig({}, env);
  assert.deepEqual([tls, trustProxy], [{ certFile: '/c', keyFile: '/k' }, ['10.0.0.0/8', 'fd00::1']]);
  assert.equal(readConfig({ tlsCert: '/f' }, env).tls?.certFile, '/f');
});

test('a log has one of the levels and forms that there are', () => {
  assert.deepEqual(readConfig({}, {}).log, { level: 'info', format: 'text' });
  const env = { PARLEY_LOG_LEVEL: 'debug', PARLEY_LOG_FORMAT: 'json' };
  assert.deepEqual(readConfig({ logLevel: 'error' }, env).log, { level: 'error', format: 'json' });
  assert.throws(() => readConfig({ logLevel: 'trace' }, {}), /--log-level takes one of silent, error/);
  assert.throws(
    () => readConfig({}, { PARLEY_LOG_FORMAT: 'xml' }),
    /PARLEY_LOG_FORMAT takes one of text, json, not "xml"/,
  );
});

test('traces go to an address alone, which may have a path', () => {
  assert.equal(
    readConfig({}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/' }).otlpEndpoint,
    'http://c:4318',
  );
  assert.equal(readConfig({ otlpEndpoint: 'https://c/otlp' }, {}).otlpEndpoint, 'https://c/otlp');
  for (const wrong of ['c:4318', 'ftp://c', 'http://u:p@c', 'http://c?x=1'])
    assert.throws(() => readConfig({ otlpEndpoint: wrong }, {}), /--otlp-endpoint takes an address like/);
});
