import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openParley } from '../../src/main.ts';
import type { Input, Surroundings } from '../../src/surface/cli/command.ts';
import { commands } from '../../src/surface/cli/commands.ts';
import { serve } from '../../src/wiring/serve.ts';

/**
 * The `--json` documents of docs/reference/commands.md against what the commands print: the same keys, the same types.
 * The commands run here in one process on a real folder, in the order in which a person would type them.
 */
const reference = readFileSync(
  fileURLToPath(new URL('../../../docs/reference/commands.md', import.meta.url)),
  'utf8',
);

function documented(name: string): unknown {
  const section = reference.split(`## parley ${name}\n`)[1]?.split('\n## ')[0] ?? '';
  const block = /```json\n([\s\S]*?)```/.exec(section)?.[1];
  assert.ok(block, `${name} has no JSON example`);
  return JSON.parse(block);
}

/** Keys that hold names of operations and the like, whose own keys vary. */
const FREE_KEYS = new Set(['rates', 'callMicros', 'ratesPerSecond', 'queryLengthMax']);
/** Keys that are there only sometimes; the text beside the example says when. */
const OPTIONAL_KEYS = new Set(['rejectedFile', 'error', 'shiftMs', 'csvFile', 'stopped']);

/** Where two values differ in shape; null and anything agree, for null means "none" everywhere. */
function differences(example: unknown, actual: unknown, path = '$'): string[] {
  if (example === null || actual === null) return [];
  if (Array.isArray(example) && Array.isArray(actual)) {
    if (example.length === 0 || actual.length === 0) return [];
    return differences(example[0], actual[0], `${path}[]`);
  }
  if (typeof example !== typeof actual || Array.isArray(example) !== Array.isArray(actual)) {
    return [`${path}: documented as ${typeof example}, printed as ${typeof actual}`];
  }
  if (typeof example !== 'object') return [];
  const left = example as Record<string, unknown>;
  const right = actual as Record<string, unknown>;
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((key) => {
    if (OPTIONAL_KEYS.has(key)) return [];
    if (!(key in right)) return [`${path}.${key} is documented and not printed`];
    if (!(key in left)) return [`${path}.${key} is printed and not documented`];
    return FREE_KEYS.has(key) ? [] : differences(left[key], right[key], `${path}.${key}`);
  });
}

test('every command prints the JSON that the reference shows', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-commands-'));
  mkdirSync(join(dir, 'work'));
  const parley = await openParley({
    data: join(dir, 'data'),
    host: '127.0.0.1',
    port: 0,
    masterKeyFile: join(dir, 'master.key'),
  });
  const running = await serve(parley);
  t.after(async () => {
    await running.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const around: Surroundings = { progress: () => {}, signal: new AbortController().signal };
  const tried = new Set<string>();
  const run = async (name: string, args: string[] = [], options: Input['options'] = {}) => {
    const command = commands.find((one) => one.name === name);
    assert.ok(command, name);
    const input = { args, options, cwd: join(dir, 'work') };
    const result = await (command.place === 'folder'
      ? command.run(parley, input, around)
      : command.run(input, around));
    tried.add(name);
    const printed = JSON.parse(JSON.stringify(result));
    assert.deepEqual(differences(documented(name), printed), [], name);
    assert.ok(command.show(result as never).length > 0, `${name} says nothing to a person`);
    return printed;
  };

  const day = new Date(parley.clock.now()).toISOString().slice(0, 10);
  const nextDay = new Date(parley.clock.now() + 86_400_000).toISOString().slice(0, 10);
  const created = new Date(parley.clock.now() - 60_000).toISOString();
  writeFileSync(
    join(dir, 'work', 'posts.jsonl'),
    `${JSON.stringify({ id: '77', username: 'mira', name: 'Mira' })}\n${JSON.stringify({ id: '78', username: 'shy', name: 'Shy', protected: true })}\n${JSON.stringify({ id: '2124170125906180972', text: 'coffee', author_id: '77', created_at: created })}\n`,
  );
  await run('import', ['posts.jsonl']);
  await run('sample', [], { posts: '50', seed: '3' });
  await run('plan list');
  const tiny = await run('plan add', ['tiny'], {
    base: 'basic',
    cap: '5',
    rate: 'getPostsById=7',
    callCap: 'createPosts=9',
    streamConnections: '2',
    ratePerSecond: 'searchPostsAll=3',
    callPrice: 'createPosts=0.015',
    queryLength: 'recent=600',
    postsPerSecond: '90',
  });
  assert.deepEqual(
    [tiny.rates.getPostsById, tiny.ratesPerSecond.searchPostsAll, tiny.callMicros.createPosts],
    [[7, 7], 3, 15_000],
  );
  assert.deepEqual([tiny.streams.postsPerSecond, tiny.queryLengthMax], [90, { recent: 600, all: 1024 }]);
  const wrong: [options: Input['options'], says: RegExp][] = [
    [{ rate: 'getPostsById' }, /--rate takes operation=calls or/],
    [{ rate: 'getPostsById=1/2/3' }, /--rate takes/],
    [
      { ratePerSecond: 'searchPostsAll=0' },
      /--rate-per-second takes operation=calls, not "searchPostsAll=0"/,
    ],
    [{ ratePerSecond: 'searchPost=1' }, /unknown operation: searchPost/],
    [{ callPrice: 'createPosts=x' }, /--call-price takes operation=dollars/],
    [{ queryLength: 'old=7' }, /--query-length takes recent=characters/],
    [{ postsPerSecond: '0' }, /--posts-per-second takes a whole number/],
  ];
  for (const [options, says] of wrong) await assert.rejects(run('plan add', ['odd'], options), says);
  const { licenseeId, log, vkey } = await run('licensee add', ['Example Ads']);
  await run('licensee list');
  const app = await run('app add', [], { licensee: licenseeId, plan: 'basic', purpose: 'display,analytics' });
  const headers = { authorization: `Bearer ${app.bearerToken}` };
  const reply = await fetch(`${running.address}/2/tweets/2124170125906180972?expansions=author_id`, {
    headers,
  });
  assert.equal(reply.status, 200, await reply.text());
  const [listed] = await run('app list');
  await run('usage');
  await parley.ledger.integrated();
  await run('audit', [], { licensee: licenseeId, from: day, to: nextDay });
  await run('ledger verify', [join(dir, 'data')]);
  const index = reply.headers.get('parley-call')?.split('/')[1];
  const receipt = await fetch(`${running.address}/ledger/${log}/receipts/${index}`, { headers });
  writeFileSync(join(dir, 'work', 'receipt'), await receipt.text());
  await run('receipt verify', ['receipt'], { key: vkey });
  await run('receipt compare', ['receipt', 'receipt'], { key: vkey });
  const other = await run('licensee add', ['Another']);
  const theirs = await run('app add', [], { licensee: other.licenseeId, plan: 'basic' });
  for (const [token, status] of [
    [app.bearerToken, 200],
    [theirs.bearerToken, 404],
    ['parley_nobodys', 401],
  ]) {
    const asked = await fetch(`${running.address}/ledger/${log}/checkpoint`, {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.equal(
      asked.status,
      status,
      'a log is its own licensee’s; who has no key is told that, others nothing',
    );
  }
  await assert.rejects(run('usage', [], { licensee: '1' }), /There is no licensee 1\./);
  await run('app amend', [app.appId], { plan: 'pro', spendingLimit: '5', to: nextDay });
  const limitNow = async () => {
    const apps = await run('app list');
    return apps.find((one: { appId: string }) => one.appId === app.appId).spendingLimitMicros;
  };
  assert.equal(await limitNow(), 5_000_000);
  await run('app amend', [app.appId], { spendingLimit: 'none', to: 'never' });
  assert.equal(await limitNow(), null, 'what an amendment set, another lifts');
  await run('app set', [app.appId], { dialect: 'current' });
  assert.equal((await run('app list'))[0].dialect, 'current');
  await assert.rejects(
    run('app set', [app.appId], { dialect: 'older' }),
    /--dialect takes auto, classic, current/,
  );
  await assert.rejects(run('app set', ['1'], { dialect: 'auto' }), /There is no app 1\./);
  const redirect = ['https://app.example.com/back'] as unknown as string; // as Commander gives a repeated option
  await run('app oauth', [app.appId], { redirect, confidential: true });
  await run('person add', ['mira']);
  await run('person password', ['@Mira']);
  await run('app token', [app.appId], { person: 'mira' });
  await run('app tokens', [app.appId]);
  assert.deepEqual(await run('app tokens', [app.appId], { revoke: 'all' }), []);
  writeFileSync(join(dir, 'work', 'shared.key'), 'a secret of more than thirty-two characters');
  const platform = { url: 'https://social.example.com/parley', origin: 'https://data.example.com' };
  await run('sign-in set', [], { ...platform, key: 'shared.key' });
  await run('sign-in show');
  await assert.rejects(run('person password', ['mira']), /sign in at the platform/);
  await run('sign-in clear');
  await run('network show');
  await parley.network.act('77', { kind: 'relate', relation: 'follow', to: '78' });
  const [request] = await run('network requests');
  await run('network answer', [request.from, request.to]);
  assert.ok(parley.posts.isRelated('follow', '77', '78'));
  await run('network set', [], { backend: 'https://backend.example/commands', generateKey: true });
  await assert.rejects(
    run('network set', [], { backend: 'https://10.0.0.1/', generateKey: true }),
    /not at a public/,
  );
  await assert.rejects(run('network set', [], { backend: 'https://backend.example/' }), /--generate-key/);
  await run('network own');
  await run('app rotate', [app.appId], {});
  await run('app revoke', [listed.keys[0].keyId]);
  await run('operator add', ['night shift']);
  const { operatorId } = await run('operator add', ['day shift']);
  await run('operator list');
  await run('operator revoke', [operatorId]);

  // These run until they are stopped, or need a forged log; their documents are held by folder.test.ts and the verifier's tests.
  for (const name of ['start', 'demo', 'fraud verify']) tried.add(name);
  assert.deepEqual(
    commands.map((command) => command.name).filter((name) => !tried.has(name)),
    [],
  );
});
