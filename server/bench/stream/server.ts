/**
 * The server of `server/bench/stream`, in a process of its own: the whole program, one app with a rule that every post matches
 * and room for all connections. On `go` it takes in posts at an even pace, each with the moment in its text.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeId } from '#kernel';
import { defaultPostInput, type PostInput } from '#posts';
import { OPERATOR } from '#terms';
import { openParley } from '../../src/main.ts';
import { serve } from '../../src/wiring/serve.ts';

export type Ready = { address: string; token: string };
export type Command = { postsPerSecond: number; seconds: number } | 'cpu';
export type Told = Ready | { cpu: NodeJS.CpuUsage } | { done: true };

const TURN_MS = 50;

const dir = mkdtempSync(join(tmpdir(), 'parley-bench-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
const rooms = await openParley({
  data: join(dir, 'data'),
  host: '127.0.0.1',
  port: 0,
  masterKeyFile: join(dir, 'key'),
});
const base = rooms.terms.plans().find(({ name }) => name === 'enterprise-200m')!;
await rooms.terms.addPlan({
  name: 'bench',
  base: base.name,
  rates: Object.fromEntries(Object.keys(base.rates).map((id) => [id, [1e9, 1e9] as const])),
  streams: { connections: 1_000, rules: 1_000, ruleLength: 1_024 },
});
const { licenseeId } = await rooms.terms.addLicensee('Bench');
const app = await rooms.terms.addApp(OPERATOR, { licenseeId, plan: 'bench' });
rooms.streams.rules.add(app.appId, [{ value: 'coffee' }], { rules: 9, ruleLength: 99 }, false);
const running = await serve(rooms);
const tell = (told: Told) => process.send?.(told);
process.on('message', (command: Command) => {
  if (command === 'cpu') tell({ cpu: process.cpuUsage() });
  else void feed(command.postsPerSecond, command.seconds);
});
tell({ address: running.address, token: app.bearerToken });

async function feed(postsPerSecond: number, seconds: number): Promise<void> {
  const began = performance.now();
  let made = 0;
  while (made < postsPerSecond * seconds) {
    const due = Math.floor(((performance.now() - began) / 1000) * postsPerSecond);
    const now = Date.now();
    const posts = Array.from({ length: Math.max(0, due - made) }, (_, at) => postOf(now, made + at));
    made += posts.length;
    if (posts.length > 0) await rooms.writer.apply(posts.map((post) => ({ kind: 'post', post }) as const));
    await new Promise((resolve) => setTimeout(resolve, TURN_MS));
  }
  tell({ done: true });
}

function postOf(now: number, at: number): PostInput {
  return {
    ...defaultPostInput({ id: makeId(now, at), authorId: String(100 + (at % 50)), createdAt: now }),
    text: `coffee ${now} and a few more words, as people write them`,
    lang: 'en',
  };
}
