import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError, readConfig } from './config.ts';
import { readConfigFile } from './config-file.ts';

test('the configuration file has the flags’ names as keys, and its paths start where it lies', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-config-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  assert.equal(readConfigFile(undefined, dir), undefined, 'no file is no failure');
  const file = join(dir, 'parley.config.json');
  writeFileSync(
    file,
    JSON.stringify({
      data: 'platform',
      port: 9000,
      'allow-outbound': ['10.0.0.0/8', '::1'],
      'master-key-file': '/k',
      'public-url': 'https://api.example.com',
    }),
  );
  const found = readConfigFile(undefined, dir);
  const config = readConfig({ port: '1' }, { PARLEY_MASTER_KEY_FILE: '/env' }, found);
  assert.deepEqual(
    [config.data, config.port, config.allowOutbound, config.masterKeyFile, config.publicUrl],
    [join(dir, 'platform'), 1, ['10.0.0.0/8', '::1'], '/env', 'https://api.example.com'],
  );
  assert.equal(readConfig({}, {}, found).masterKeyFile, '/k');
  writeFileSync(file, '{"port": 70000}');
  assert.throws(
    () => readConfig({}, {}, readConfigFile(undefined, dir)),
    new ConfigError(`"port" in ${file} takes a number from 0 (any free port) to 65535, not "70000".`),
  );
});

test('a configuration file that cannot be taken at its word is refused by name', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-config-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const cases: [text: string, says: RegExp][] = [
    ['{"prot": 1}', /parley\.config\.json has the unknown key "prot"\. Did you mean "port"\?/],
    ['{"dta": "x"}', /unknown key "dta"\. Did you mean "data"\?/],
    ['{"publicUrl": "x"}', /unknown key "publicUrl"\. Did you mean "public-url"\?/],
    ['{"json": true}', /unknown key "json"\.$/],
    ['{"host": true}', /"host" in .* takes text in quotes/],
    ['{"host": ""}', /"host" in .* takes text in quotes/],
    ['{"trust-proxy": [1]}', /"trust-proxy" in .* takes text/],
    ['[]', /has to be one JSON object/],
    ['{"port": 1,}', /is not JSON/],
    [' '.repeat(70_000), /is larger than/],
  ];
  for (const [text, says] of cases) {
    writeFileSync(join(dir, 'parley.config.json'), text);
    assert.throws(
      () => readConfigFile(undefined, dir),
      (error: Error) => error instanceof ConfigError && says.test(error.message),
      text.slice(0, 40),
    );
  }
  assert.throws(() => readConfigFile('none.json', dir), /there is no configuration file .*none\.json/);
  mkdirSync(join(dir, 'folder'));
  assert.throws(() => readConfigFile('folder', dir), /folder is not a file/);
});
