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
    { ...readConfig({ ...flags, allowOutbound: '10.0.0.0/8, ::1' }, env), masterKeyFile: '' },
    {
      ...flags,
      port: 2,
      masterKey: undefined,
      masterKeyFile: '',
      publicUrl: undefined,
      allowOutbound: ['10.0.0.0/8', '::1'],
    },
  );
  assert.equal(readConfig({}, env).host, '::1');
  assert.equal(
    readConfig({ publicUrl: 'https://api.example.com/' }, {}).publicUrl,
    'https://api.example.com',
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
