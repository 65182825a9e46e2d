import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeId, Problem, testClock } from '#kernel';
import {
  type Change,
  defaultPost,
  judgePosts,
  openPostReader,
  type PostWriter,
  type TouchedIds,
} from '#posts';
import { openSearchIndex } from '#search';
import { BATCH_POSTS, batchOf, idsOf } from './testing/crash-child.ts';
import { openWriter, WAITING_CHANGES_MAX } from './writer.ts';

const NOW = Date.UTC(2026, 10, 1);

function temporaryFile(context: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'parley-writer-'));
  context.after(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, 'posts.db');
}

/** A writer that ends with its test, whatever becomes of that. */
async function open(context: TestContext, path = temporaryFile(context)): Promise<PostWriter> {
  const writer = await openWriter(path);
  context.after(() => writer.close());
  return writer;
}

/** Ids that the search index holds, read from FTS5's own tables. */
function indexedIds(path: string): string[] {
  const db = new DatabaseSync(path, { readOnly: true });
  const tables = db.prepare("SELECT name FROM sqlite_master WHERE name LIKE 'search%_docsize'").all();
  const ids = tables.flatMap(({ name }) => db.prepare(`SELECT CAST(id AS TEXT) AS id FROM ${name}`).all());
  db.close();
  return ids.map(({ id }) => String(id)).sort();
}

/** Every post of the numbered batches that search may show, by the rules. */
function servedIds(path: string, batches: number): string[] {
  const reader = openPostReader(path);
  const ids = Array.from({ length: batches }, (_, number) => idsOf(number)).flat();
  const found = reader.posts(ids).filter((post) => post !== undefined && post !== 'deleted');
  const verdicts = judgePosts(reader, found, { search: true });
  reader.close();
  return found
    .filter((_, index) => verdicts[index] === 'serve')
    .map(({ id }) => id)
    .sort();
}

test('when a batch resolves, readers see it and every listener has heard of it', async (t) => {
  const path = temporaryFile(t);
  const writer = await open(t, path);
  const reader = openPostReader(path, { cacheBytes: 1 << 20 });
  const heard: TouchedIds[] = [];
  writer.onTouched((touched) => reader.forget(touched));
  writer.onTouched((touched) => heard.push(touched));
  const outcomes = await writer.apply(batchOf(0));
  assert.deepEqual(new Set(outcomes.map(({ status }) => status)), new Set(['created']));
  assert.deepEqual(heard, [{ posts: idsOf(0), people: [], created: idsOf(0) }]);
  assert.ok(reader.posts(['1'])[0] !== 'deleted');
  await writer.apply(batchOf(1));
  assert.equal(reader.posts(['1'])[0], 'deleted');
  assert.deepEqual(indexedIds(path), servedIds(path, 2));
  reader.close();
  await writer.close();
});

test('batches bear the time of the clock that was handed in, and listeners hear of their events', async (t) => {
  const path = temporaryFile(t);
  const clock = testClock(1_000_000_000_000);
  const writer = await openWriter(path, { clock });
  t.after(() => writer.close());
  const heard: (bigint | undefined)[] = [];
  writer.onTouched(({ lastEvent }) => heard.push(lastEvent));
  const changes = batchOf(0).slice(0, 2) as (Change & { kind: 'post' })[];
  await writer.apply(
    changes.map(({ post }, at) => ({
      kind: 'post',
      post: { ...post, createdAt: clock.now() - at * 3_600_001 },
    })),
  );
  clock.advance(500);
  await writer.apply([{ kind: 'delete-post', id: '2', at: 0 }]);
  const reader = openPostReader(path);
  t.after(() => reader.close());
  assert.deepEqual(
    reader.events({ limit: 9 }).map(({ kind, at }) => [kind, at]),
    [
      ['post-created', 1_000_000_000_000],
      ['post-deleted', 1_000_000_000_500],
    ],
  );
  assert.deepEqual(
    heard.filter((seq) => seq !== undefined),
    [1n, 2n],
  );
});

test('batches are applied in the order in which they were given, without waiting for each other', async (t) => {
  const writer = await open(t);
  const done: number[] = [];
  const upsert = (likes: number): Change => {
    const change = batchOf(0)[0] as Change & { kind: 'post' };
    return { kind: 'post', post: { ...change.post, metrics: { ...change.post.metrics, likes } } };
  };
  await Promise.all(
    [1, 2, 3, 4].map(async (likes) => {
      const [outcome] = await writer.apply([upsert(likes)]);
      assert.equal(outcome?.status, likes === 1 ? 'created' : 'updated');
      done.push(likes);
    }),
  );
  assert.deepEqual(done, [1, 2, 3, 4]);
  await writer.close();
});

test('a batch that fails is rejected alone, and the thread goes on', async (t) => {
  const writer = await open(t);
  const tooMany = Array.from({ length: 10_001 }, () => batchOf(0)[0]!);
  await assert.rejects(writer.apply(tooMany), /at most 10000/);
  assert.equal((await writer.apply(batchOf(0))).length, BATCH_POSTS);
  await writer.close();
});

test('what would wait too long is refused at once with a time to come back', async (t) => {
  const writer = await open(t);
  const batch = Array.from({ length: 10_000 }, (): Change => ({ kind: 'metrics', id: '1', metrics: {} }));
  const all = Array.from({ length: WAITING_CHANGES_MAX / batch.length + 1 }, () => writer.apply(batch));
  const [refused] = (await Promise.allSettled(all)).filter(({ status }) => status === 'rejected');
  assert.ok(refused?.status === 'rejected' && refused.reason instanceof Problem);
  assert.equal(refused.reason.code, 'overloaded');
  assert.ok(Number(refused.reason.headers['retry-after']) > 0);
  await writer.close();
});

test('what a batch leaves to do is done afterwards, also after a restart', async (t) => {
  const path = temporaryFile(t);
  const first = await open(t, path);
  for (let number = 0; number < 100; number += 1) await first.apply(batchOf(number));
  await first.apply([{ kind: 'delete-person', id: '7', at: 0 }]);
  await first.close();
  assert.deepEqual(servedIds(path, 100), []);
  const second = await open(t, path);
  while (indexedIds(path).length > 0) await second.apply([]);
  const reader = openPostReader(path);
  assert.deepEqual(reader.size(), { posts: 0, people: 0 });
  reader.close();
  await second.close();
});

test('an index of another format is built again from the posts', async (t) => {
  const path = temporaryFile(t);
  const first = await open(t, path);
  for (let number = 0; number < 30; number += 1) await first.apply(batchOf(number));
  await first.close();
  const before = indexedIds(path);
  const db = new DatabaseSync(path);
  db.exec('UPDATE search_format SET number = 0');
  db.close();
  const second = await open(t, path);
  while (indexedIds(path).length < before.length) await second.apply([]);
  assert.deepEqual(indexedIds(path), before);
  await second.close();
});

test('a folder of the first format finds without HTML escapes and vowel points once it is opened', async (t) => {
  const path = temporaryFile(t);
  const first = await open(t, path);
  const text = 'Q&amp;A \u0645\u064f\u062d\u0645\u0640\u062f';
  await first.apply([
    { kind: 'post', post: { ...defaultPost({ id: makeId(NOW, 1), authorId: '7', createdAt: NOW }), text } },
  ]);
  await first.close();
  const db = new DatabaseSync(path);
  // As the version before wrote it.
  db.exec(`UPDATE search_format SET number = 1; INSERT OR REPLACE INTO search_1(rowid, words, marks)
    VALUES (${makeId(NOW, 1)}, 'q amp a \u0645\u064f\u062d\u0645\u0640\u062f', 'a f7')`);
  db.close();
  const second = await open(t, path);
  const index = openSearchIndex(path);
  t.after(() => index.close());
  const find = async (word: string) => {
    const query = { kind: 'keyword', text: word } as const;
    return (await index.search({ query, range: {}, limit: 9, order: 'recency', audience: {} })).ids.length;
  };
  while ((await find('Q&A')) === 0) await second.apply([]);
  assert.deepEqual([await find('\u0645\u062d\u0645\u062f'), await find('amp')], [1, 0]);
  await second.close();
});

test('after close, and when the file cannot be opened, the caller is told', async (t) => {
  const path = temporaryFile(t);
  const writer = await open(t, path);
  await writer.close();
  await writer.close();
  await assert.rejects(writer.apply(batchOf(0)), /ended/);
  await assert.rejects(openWriter(join(path, 'no', 'such', 'folder', 'posts.db')));
});

const drill = fileURLToPath(new URL('./testing/crash-child.ts', import.meta.url));

/** Runs the drill and collects its lines; `onLine` may kill it. */
async function runDrill(
  command: string,
  args: string[],
  onLine: (line: string, kill: () => void) => void,
): Promise<string[]> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    onLine(line, () => child.kill('SIGKILL'));
  }
  await ended;
  return lines;
}

test('killed at any moment, the file holds every acknowledged batch, none by half, and the index agrees', async (t) => {
  const path = temporaryFile(t);
  for (const killAfter of [1, 4, 9, 17]) {
    const lines = await runDrill(process.execPath, [drill, path, '1000000'], (line, kill) => {
      if (line === `ok ${killAfter}`) kill();
    });
    const acknowledged = lines.filter((line) => line.startsWith('ok ')).length;
    assert.ok(acknowledged > killAfter);
    const reader = openPostReader(path);
    const present = (number: number) =>
      reader.posts(idsOf(number)).filter((post) => post !== undefined).length;
    for (let number = 0; number < acknowledged; number += 1) {
      assert.equal(present(number), BATCH_POSTS, `batch ${number} of ${acknowledged} acknowledged`);
      const first = reader.posts([idsOf(number)[0]!])[0];
      if (number < acknowledged - 1) assert.equal(first, 'deleted', 'an acknowledged deletion holds');
    }
    const further = Array.from({ length: 200 }, (_, index) => present(acknowledged + index));
    assert.deepEqual(new Set(further.filter((count) => count !== 0 && count !== BATCH_POSTS)), new Set());
    reader.close();
    assert.deepEqual(indexedIds(path), servedIds(path, acknowledged + 200));
    const db = new DatabaseSync(path);
    assert.equal(db.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok');
    db.close();
  }
});

test('a disk that takes no more: a clear refusal, nothing by half, and on it goes when there is module', {
  skip: process.platform === 'win32' && 'limits on file sizes are set by a shell',
}, async (t) => {
  const path = temporaryFile(t);
  const limited = ['-c', `ulimit -f 1500; exec "$0" "$@"`, process.execPath, drill, path, '1000000'];
  const lines = await runDrill('sh', limited, () => {});
  const acknowledged = lines.filter((line) => line.startsWith('ok ')).length;
  assert.ok(acknowledged > 0);
  assert.deepEqual(lines.slice(-3), Array(3).fill('refused storage-unavailable'));
  assert.deepEqual(indexedIds(path), servedIds(path, acknowledged + 1));
  const reader = openPostReader(path);
  const found = reader.posts(idsOf(acknowledged));
  assert.deepEqual(found, Array(BATCH_POSTS).fill(undefined), 'of the refused batch nothing is there');
  reader.close();
  const writer = await open(t, path);
  assert.equal((await writer.apply(batchOf(acknowledged)))[0]?.status, 'created');
  await writer.close();
});
