/**
 * Import end to end: decompression, parsing, entities, posts and search index on disk. On the posts of ../shared/data when
 * they are there, else on generated ones; once as they are and once four times over (each copy a year later), to
 * see whether memory grows with the file. Yardstick in the same run: bare gunzip, JSON.parse and INSERT into SQLite.
 * Each run has a process of its own, so that its peak memory is its own.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { createGunzip, createGzip, gunzipSync } from 'node:zlib';
import { openWriter } from '#datafolder';
import { systemClock } from '#kernel';
import { generateSample, importFiles } from '#sources';

const COPIES = 4;
const YEAR_MS = 365 * 86_400_000;
const GENERATED_POSTS = 100_000;
const YARDSTICK_BATCH = 2_000;
const shared = fileURLToPath(new URL('../../../shared/data/posts.jsonl.gz', import.meta.url));

type Run = {
  posts: number;
  seconds: number;
  postsPerSecond: number;
  cpuSeconds: number;
  peakMiB: number;
  again?: number;
};

async function yardstick(file: string): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const db = new DatabaseSync(join(folder, 'bare.db'));
  db.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE post (id INTEGER PRIMARY KEY, doc TEXT)',
  );
  const insert = db.prepare('INSERT INTO post VALUES (?, ?)');
  insert.setReadBigInts(true);
  const started = performance.now();
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');
  lines.forEach((line, index) => {
    if (index % YARDSTICK_BATCH === 0) db.exec(index === 0 ? 'BEGIN' : 'COMMIT; BEGIN');
    insert.run(BigInt((JSON.parse(line) as { id: string }).id), line);
  });
  db.exec('COMMIT');
  const run = measured(lines.length, started);
  db.close();
  rmSync(folder, { recursive: true });
  return run;
}

async function whole(file: string): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const writer = await openWriter(join(folder, 'posts.db'));
  const started = performance.now();
  const result = await importFiles([file], { writer, folder, clock: systemClock });
  if (result.rejected > 0 || result.files.some((one) => one.error)) throw new Error(JSON.stringify(result));
  const run = measured(result.created, started);
  const second = performance.now();
  const again = await importFiles([file], { writer, folder, clock: systemClock });
  if (again.unchanged !== result.created)
    throw new Error(`importing again changed something: ${JSON.stringify(again)}`);
  run.again = Math.round(again.unchanged / ((performance.now() - second) / 1000));
  await writer.close();
  rmSync(folder, { recursive: true });
  return run;
}

function measured(posts: number, started: number): Run {
  const seconds = (performance.now() - started) / 1000;
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return {
    posts,
    seconds: Math.round(seconds * 100) / 100,
    postsPerSecond: Math.round(posts / seconds),
    cpuSeconds: Math.round((userCPUTime + systemCPUTime) / 1e4) / 100,
    peakMiB: Math.round(maxRSS / 1024),
  };
}

/** The file several times over, each copy a year later: other ids, the same words. */
async function copies(file: string, target: string): Promise<void> {
  const out = createGzip({ level: 1 });
  const written = out.pipe(createWriteStream(target));
  for (let copy = 0; copy < COPIES; copy++) {
    const move = (id: string) => (BigInt(id) + (BigInt(copy * YEAR_MS) << 22n)).toString();
    for await (const line of createInterface({ input: createReadStream(file).pipe(createGunzip()) })) {
      const post = JSON.parse(line) as {
        id: string;
        conversation_id?: string;
        created_at?: string;
        referenced_tweets?: { id: string }[];
      };
      post.id = move(post.id);
      if (post.conversation_id) post.conversation_id = move(post.conversation_id);
      for (const reference of post.referenced_tweets ?? []) reference.id = move(reference.id);
      if (post.created_at)
        post.created_at = new Date(Date.parse(post.created_at) + copy * YEAR_MS).toISOString();
      if (!out.write(`${JSON.stringify(post)}\n`)) await once(out, 'drain');
    }
  }
  out.end();
  await once(written, 'close');
}

/** Generated posts as X v2 lines, for machines without the shared data. */
async function generated(target: string): Promise<void> {
  const out = createGzip({ level: 1 });
  const written = out.pipe(createWriteStream(target));
  const now = Date.now() - COPIES * YEAR_MS;
  for (const change of generateSample({
    posts: GENERATED_POSTS,
    people: GENERATED_POSTS / 10,
    seed: 1,
    now,
  })) {
    if (change.kind !== 'post') continue;
    const { id, text, authorId, lang, conversationId, references } = change.post;
    const line = {
      id,
      text,
      author_id: authorId,
      lang,
      conversation_id: conversationId,
      referenced_tweets: references,
    };
    if (!out.write(`${JSON.stringify(line)}\n`)) await once(out, 'drain');
  }
  out.end();
  await once(written, 'close');
}

function inProcess(kind: string, file: string): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [kind, file]);
    child.once('message', (run) => resolve(run as Run));
    child.once('exit', (code) => code !== 0 && reject(new Error(`${kind} ended with ${code}`)));
  });
}

function show(name: string, run: Run): void {
  const again = run.again ? `, again ${run.again} posts/s` : '';
  console.log(
    `${name}: ${run.postsPerSecond} posts/s (${run.posts} in ${run.seconds} s, ${run.cpuSeconds} CPU-s, ${((run.cpuSeconds / run.posts) * 1e6).toFixed(0)} µs CPU a post), peak ${run.peakMiB} MiB${again}`,
  );
}

const [kind, file] = process.argv.slice(2);
if (process.send && file) {
  process.send(await (kind === 'yardstick' ? yardstick(file) : whole(file)));
} else {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  try {
    const source = existsSync(shared) ? shared : join(folder, 'generated.jsonl.gz');
    if (source !== shared) await generated(source);
    console.log(
      `${source === shared ? 'shared data' : 'generated posts'}, ${Math.round(statSync(source).size / 1e6)} MB compressed`,
    );
    const large = join(folder, 'large.jsonl.gz');
    await copies(source, large);
    const bare = await inProcess('yardstick', source);
    show('gunzip + JSON.parse + INSERT', bare);
    const once = await inProcess('import', source);
    show('import', once);
    const fourfold = await inProcess('import', large);
    show(`import of ${COPIES} times as much`, fourfold);
    console.log(
      JSON.stringify({
        source: source === shared ? 'shared' : 'generated',
        yardstick: bare,
        import: once,
        fourfold,
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
