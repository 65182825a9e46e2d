import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { swallowedByNpm } from './npm-flags.ts';

test('flags that npm keeps for itself are told, with what to type', () => {
  const root = fileURLToPath(new URL('../../../..', import.meta.url));
  const cases: [args: string[], says: string][] = [
    [
      ['start', '--data', 'X'],
      'npm kept --data for itself. Put -- before the flags of Parley: npm start -- --data …',
    ],
    [
      ['start', '--port=1'],
      'npm kept --port for itself. Put -- before the flags of Parley: npm start -- --port …',
    ],
    [
      ['run', 'demo', '--posts', '9'],
      'npm kept --posts for itself. Put -- before the flags of Parley: npm run demo -- --posts …',
    ],
  ];
  for (const [args, says] of cases) {
    const { status, stderr, error } = spawnSync('npm', [...args], { cwd: root, encoding: 'utf8' });
    assert.ifError(error);
    assert.equal(status, 2, stderr);
    assert.ok(stderr.includes(`parley: ${says}\n`), stderr);
  }
});

test('npm’s own settings, and flags of another program, are none of Parley’s', () => {
  const commands = [{ name: 'start', flags: ['data', 'tls-cert'] }];
  const script = { npm_lifecycle_event: 'start', npm_lifecycle_script: 'node bin/parley.js start' };
  assert.match(swallowedByNpm({ ...script, npm_config_tls_cert: 'true' }, commands) ?? '', /--tls-cert/);
  assert.equal(swallowedByNpm({ ...script, npm_config_loglevel: 'silent' }, commands), undefined);
  assert.equal(
    swallowedByNpm({ ...script, npm_lifecycle_script: 'other', npm_config_data: 'x' }, commands),
    undefined,
  );
});
