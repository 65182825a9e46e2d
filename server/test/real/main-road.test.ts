import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parleyJson, startProcess } from '../e2e/process.ts';

const DATA = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));
const FILES = [join(DATA, 'people.jsonl.gz'), join(DATA, 'posts.jsonl.gz')];
const missing = FILES.every((file) => existsSync(file))
  ? false
  : 'the data beside the repository is not here';
const QUERY =
  'query=coffee%20lang%3Aen%20-is%3Aretweet&max_results=100&tweet.fields=created_at,public_metrics&expansions=author_id';

type Imported = { created: number; unchanged: number; rejected: number; posts: number; people: number };
type Page = {
  data: { id: string; text: string; created_at: string }[];
  includes: { users: { id: string }[] };
  meta: object;
};

test('the main road on real posts: import twice, sell, count, verify, audit', {
  skip: missing,
  timeout: 1_200_000,
}, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-road-'));
  const server = await startProcess(dir);
  t.after(async () => {
    await server.kill();
    rmSync(dir, { recursive: true, force: true });
  });
  const first = await parleyJson<Imported>(dir, ['import', ...FILES, '--shift-to-now']);
  assert.deepEqual([first.posts, first.people, first.rejected], [211_244, 20_000, 0]);
  const again = await parleyJson<Imported>(dir, ['import', ...FILES, '--shift-to-now']);
  assert.deepEqual([again.created, again.unchanged], [0, 231_244]);

  const { licenseeId, log } = await parleyJson<{ licenseeId: string; log: string }>(dir, [
    'licensee',
    'add',
    'Example Ads',
  ]);
  const { bearerToken } = await parleyJson<{ bearerToken: string }>(dir, [
    ...['app', 'add', '--licensee', licenseeId, '--plan', 'basic', '--purpose', 'display,analytics'],
  ]);
  const reply = await fetch(`${server.address}/2/tweets/search/recent?${QUERY}`, {
    headers: { authorization: `Bearer ${bearerToken}` },
  });
  const page = (await reply.json()) as Page;
  assert.equal(reply.status, 200);
  assert.ok(page.data.length > 0);
  const weekAgo = Date.now() - 7 * 86_400_000;
  for (const post of page.data) {
    assert.match(post.text, /coffee/i);
    assert.ok(Date.parse(post.created_at) >= weekAgo && Date.parse(post.created_at) <= Date.now());
  }
  assert.equal(reply.headers.get('parley-call')?.split('/')[0], log);

  const usage = await parleyJson<{ totals: { calls: number; billed: number } }>(dir, ['usage']);
  assert.deepEqual([usage.totals.calls, usage.totals.billed], [1, page.data.length]);
  const verified = await parleyJson<{ ok: boolean; logs: { totals: { posts: number } }[] }>(dir, [
    'ledger',
    'verify',
    join(dir, 'data'),
  ]);
  assert.equal(verified.ok, true);
  const audit = await parleyJson<{ agrees: boolean; totals: { posts: number } }>(dir, [
    ...['audit', '--licensee', licenseeId, '--from', '2020-01-01', '--to', '2029-01-01', '--openings'],
  ]);
  assert.deepEqual([audit.agrees, audit.totals.posts], [true, page.data.length]);
});
