import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parley, parleyJson, startProcess } from './process.ts';

function temporary(t: TestContext, prefix = 'parley-folder-'): string {
  const dir = mkdtempSync(join(tmpdir(), prefix));
  // After a moment's retries: hooks run in the order in which they were made, and a killed server may still write.
  t.after(() => rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  return dir;
}

test('a second server on a folder is refused, says why, and leaves the first alone', async (t) => {
  const dir = temporary(t);
  const server = await startProcess(dir);
  t.after(() => server.kill());
  const second = await parley(dir, ['start', '--port', '0']);
  assert.equal(second.code, 1);
  assert.match(second.stderr, /another process owns .*data/);
  assert.equal((await fetch(`${server.address}/healthz`)).status, 200);
});

test('what lies in a folder that was open to all before is readable by its owner only', async (t) => {
  const dir = temporary(t);
  const data = join(dir, 'data');
  mkdirSync(data);
  chmodSync(data, 0o755); // past this process's own umask
  const server = await startProcess(dir);
  t.after(() => server.kill());
  await parleyJson(dir, ['licensee', 'add', 'Somebody']);
  const open = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter(
    (name) => (statSync(join(data, name)).mode & 0o077) !== 0,
  );
  assert.deepEqual(open, []);
});

test('a command does the same through a running server as on the folder alone', async (t) => {
  const dir = temporary(t);
  const alone = await parleyJson<{ licenseeId: string }>(dir, ['licensee', 'add', 'Before']);
  const server = await startProcess(dir);
  t.after(() => server.kill());
  const through = await parleyJson<{ licenseeId: string }>(dir, ['licensee', 'add', 'While']);
  const listed = await parleyJson<{ licenseeId: string; name: string }[]>(dir, ['licensee', 'list']);
  assert.deepEqual(
    listed.map(({ licenseeId, name }) => [licenseeId, name]).sort(),
    [
      [alone.licenseeId, 'Before'],
      [through.licenseeId, 'While'],
    ].sort(),
  );
  const app = await parleyJson<{ bearerToken: string }>(dir, [
    'app',
    'add',
    '--licensee',
    through.licenseeId,
    '--plan',
    'basic',
  ]);
  const reply = await fetch(`${server.address}/2/tweets?ids=1`, {
    headers: { authorization: `Bearer ${app.bearerToken}` },
  });
  assert.equal(reply.status, 200);
  assert.equal(await server.stop(), 0);
  const usage = await parleyJson<{ totals: { calls: number } }>(dir, ['usage']);
  assert.equal(usage.totals.calls, 1);
});

test('a command on a folder that a killed server left behind takes it over', async (t) => {
  const dir = temporary(t);
  const server = await startProcess(dir);
  await server.kill();
  assert.deepEqual(await parleyJson(dir, ['licensee', 'list']), []);
});

test('a place that takes no folder is refused by name, and at once', async (t) => {
  const dir = temporary(t);
  writeFileSync(join(dir, 'file'), '');
  const places = [join(dir, 'file'), join(dir, 'file', 'below')];
  if (process.platform === 'linux') places.push('/proc/parley-data');
  else t.diagnostic('no /proc here: a place that says it is not there was not tried');
  for (const place of places) {
    const { code, stderr } = await parley(dir, ['start', '--port', '0', '--data', place]);
    assert.equal(code, 1);
    assert.ok(stderr.includes(place), stderr);
  }
});

test('a folder with a path too long for a socket works all the same', async (t) => {
  const dir = temporary(t, `parley-${'deep'.repeat(30)}-`);
  const server = await startProcess(dir);
  t.after(() => server.kill());
  assert.deepEqual(await parleyJson(dir, ['licensee', 'list']), []);
});

test('a log whose address nobody serves exits with 1 and says what happened', async (t) => {
  const key = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
  const { code, stderr } = await parley(temporary(t), [
    'ledger',
    'verify',
    'http://127.0.0.1:65530/ledger/x',
    '--key',
    key,
  ]);
  assert.equal(code, 1);
  assert.match(stderr, /127\.0\.0\.1:65530\/ledger\/x cannot be read: .*ECONNREFUSED/);
});

test('a mistyped folder is told and not made, unless the command is one that begins a platform', async (t) => {
  const dir = temporary(t);
  const { code, stderr } = await parley(dir, ['usage', '--data', join(dir, 'typo')]);
  assert.equal(code, 1);
  assert.match(stderr, /there is no data folder at/);
  assert.equal(existsSync(join(dir, 'typo')), false);
});

test('a damaged or foreign folder.json is named, and nothing is written over it', async (t) => {
  const dir = temporary(t);
  mkdirSync(join(dir, 'data'));
  const file = join(dir, 'data', 'folder.json');
  for (const [text, message] of [
    ['{"format":', /folder\.json is damaged/],
    ['{"format":1}', /folder\.json is damaged/],
    ['null', /folder\.json is damaged/],
    ['{"format":2}', /has format 2; this Parley reads format 1/],
  ] as const) {
    writeFileSync(file, text);
    const { code, stderr } = await parley(dir, ['plan', 'list']);
    assert.equal(code, 1);
    assert.match(stderr, message);
    assert.equal(readFileSync(file, 'utf8'), text);
  }
});

test('what is typed wrongly exits with 2 and says what is taken', async (t) => {
  const dir = temporary(t);
  await parleyJson(dir, ['plan', 'list']);
  const cases: [string[], RegExp][] = [
    [['frobnicate'], /unknown command/],
    [['start', '--port', '99999'], /--port takes a number/],
    [['app', 'add'], /--licensee is missing/],
    [['audit', '--licensee', 'x', '--from', '2026-13-01', '--to', '2026-12-01'], /--from takes a UTC day/],
    [['usage', '--from', '2026-12-01', '--to', '2026-11-01'], /--from must lie before --to/],
    [['ledger', 'verify', 'http://127.0.0.1:1/ledger/x'], /--key is missing/],
    [['ledger', 'verify', 'http://127.0.0.1:1/ledger/x', '--key', 'x+00+A'], /--key: a verifier key is/],
    [['receipt', 'verify', 'x', '--key', 'abc'], /--key: a verifier key is/],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = await parley(dir, args);
    assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, message);
  }
});
