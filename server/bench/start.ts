/**
 * From the command to the first metered reply, and the memory then, on a folder with 200,000 posts and 1 million journal
 * entries: after a clean stop, and after kill -9 under load. Yardstick in the same run: bare Node with Fastify and one route.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parse } from '#search';
import { isDenial, OPERATOR } from '#terms';
import { openParley, type Parley } from '../src/main.ts';
import { fillWithSample } from '../src/surface/cli/sample.ts';
import { startProcess } from '../test/e2e/process.ts';

const POSTS = 200_000;
const ENTRIES = 1_000_000;
const IN_FLIGHT = 5_000;
const RUNS = 5;
const RATE = 1_000_000_000;

const dir = mkdtempSync(join(tmpdir(), 'parley-bench-'));
const config = {
  data: join(dir, 'data'),
  host: '127.0.0.1',
  port: 0,
  masterKeyFile: join(dir, 'master.key'),
};

console.log(`preparing ${POSTS} posts and ${ENTRIES} entries`);
const { bearer, postId } = await prepare();
const bare = await several(bareFastify);
const clean = await several(() => firstReply('stop'));
const killed = await several(() => firstReply('kill'));
rmSync(dir, { recursive: true, force: true });

const row = (name: string, { ms, mib }: Figures) =>
  console.log(`${name.padEnd(26)} ${ms.toFixed(0)} ms, ${mib.toFixed(0)} MiB`);
row('bare Node and Fastify', bare);
row('Parley after a clean stop', clean);
row('Parley after kill -9', killed);
console.log('target: 1500 ms, 300 MiB');
console.log(
  JSON.stringify({ target: { ms: 1_500, mib: 300 }, posts: POSTS, entries: ENTRIES, bare, clean, killed }),
);

type Figures = { ms: number; mib: number };

/** The median of several starts. */
async function several(one: () => Promise<Figures>): Promise<Figures> {
  const runs: Figures[] = [];
  for (let run = 0; run < RUNS; run += 1) runs.push(await one());
  const middle = (of: (figures: Figures) => number) =>
    runs.map(of).sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0;
  return { ms: Math.round(middle(({ ms }) => ms)), mib: Math.round(middle(({ mib }) => mib)) };
}

async function firstReply(end: 'stop' | 'kill'): Promise<Figures> {
  const started = performance.now();
  const server = await startProcess(dir);
  const headers = { authorization: `Bearer ${bearer}` };
  const reply = await fetch(`${server.address}/2/tweets/${postId}`, { headers });
  await reply.text();
  const ms = performance.now() - started;
  if (reply.status !== 200) throw new Error(`answered ${reply.status}`);
  const mib = residentMiB(server.child.pid ?? 0);
  if (end === 'stop') await server.stop();
  else await server.kill();
  return { ms, mib };
}

async function bareFastify(): Promise<Figures> {
  const program = `import fastify from 'fastify'; const s = fastify(); s.get('/', async () => ({})); console.log(await s.listen({ port: 0, host: '127.0.0.1' }));`;
  const started = performance.now();
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const address of createInterface({ input: child.stdout })) {
    await (await fetch(address)).text();
    break;
  }
  const figures = { ms: performance.now() - started, mib: residentMiB(child.pid ?? 0) };
  child.kill();
  return figures;
}

function residentMiB(pid: number): number {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) / 1024;
}

async function prepare(): Promise<{ bearer: string; postId: string }> {
  const parley = await openParley(config);
  const around = { progress: () => {}, signal: new AbortController().signal };
  await fillWithSample(parley, POSTS, 1, around);
  const postId = await anyPost(parley);
  const { licenseeId } = await parley.terms.addLicensee('Start');
  const base = parley.terms.plans().find((plan) => plan.name === 'enterprise-200m');
  const rates = Object.fromEntries(
    Object.keys(base?.rates ?? {}).map((operation) => [operation, [RATE, RATE] as const]),
  );
  await parley.terms.addPlan({ name: 'bench', base: 'enterprise-200m', rates });
  const { bearerToken } = await parley.terms.addApp(OPERATOR, { licenseeId, plan: 'bench' });
  await charge(parley, bearerToken);
  await parley.ledger.integrated();
  await parley.close();
  return { bearer: bearerToken, postId };
}

/** The newest post about coffee: the sample has many. */
async function anyPost(parley: Parley): Promise<string> {
  const parsed = parse('coffee', { mode: 'search', lengthMax: 100 });
  if (!parsed.ok) throw new Error(parsed.message);
  const page = await parley.search.search({
    query: parsed.query,
    range: {},
    limit: 1,
    order: 'recency',
    audience: {},
  });
  return page.ids[0] ?? '';
}

/** A million look-ups of different posts, spread over the month's days as traffic is. */
async function charge(parley: Parley, bearer: string): Promise<void> {
  const waiting: Promise<void>[] = [];
  for (let call = 0; call < ENTRIES; call += 1) {
    const now = parley.clock.now();
    const caller = parley.terms.authenticate(bearer, { now, remote: '127.0.0.1' });
    if (isDenial(caller)) throw new Error(caller.code);
    const admission = parley.terms.admit(caller, 'getPostsById', { now });
    if (isDenial(admission)) throw new Error(admission.code);
    const id = String(2_000_000_000_000_000_000n + BigInt(call));
    const charged = parley.terms.charge(admission, [{ kind: 'post', id, posts: [], persons: [] }], {
      time: now,
      status: 200,
      request: { method: 'GET', target: `/2/tweets/${id}`, bodyDigest: new Uint8Array() },
    });
    if (isDenial(charged)) throw new Error(charged.code);
    if (charged.entry) waiting.push(charged.entry.committed);
    if (waiting.length === IN_FLIGHT) await Promise.all(waiting.splice(0));
  }
  await Promise.all(waiting);
}
