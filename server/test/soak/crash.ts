import assert from 'node:assert/strict';
import { join } from 'node:path';
import { openParley } from '../../src/main.ts';
import { type ServerProcess, startProcess } from '../e2e/process.ts';
import { until } from './length.ts';

/** An answered call, as its client saw it. */
type Answered = { call: string; posts: number };

const CLIENTS = 8;
/** Calls that a round answers at least before it is killed: a slow machine gets the time that it needs. */
const ROUND_CALLS_MIN = 20;

/**
 * Kills a server under traffic `rounds` times and starts it again each time, then holds what clients were answered
 * against the ledger: every answered call is there exactly once, with the posts that it carried.
 * @param random between 0 and 1: decides how long each round lives.
 * @returns how many calls were answered and how many entries there are.
 */
export async function crashDrill(
  dir: string,
  bearer: string,
  paths: readonly string[],
  rounds: number,
  random: () => number,
  roundMs: number,
): Promise<{ answered: number; entries: number }> {
  const answered: Answered[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const server = await startProcess(dir);
    const traffic = Array.from({ length: CLIENTS }, (_, client) => client).map((client) =>
      callUntilGone(server, bearer, paths, client, answered),
    );
    const before = answered.length;
    await new Promise((resolve) => setTimeout(resolve, random() * roundMs));
    await until(() => answered.length >= before + ROUND_CALLS_MIN, `${ROUND_CALLS_MIN} answered calls`);
    await server.kill();
    await Promise.all(traffic);
  }
  return { answered: answered.length, entries: await compare(dir, answered) };
}

async function callUntilGone(
  server: ServerProcess,
  bearer: string,
  paths: readonly string[],
  client: number,
  answered: Answered[],
): Promise<void> {
  for (let turn = client; ; turn += 1) {
    try {
      const reply = await fetch(`${server.address}${paths[turn % paths.length]}`, {
        headers: { authorization: `Bearer ${bearer}` },
      });
      const call = reply.headers.get('parley-call');
      const posts = Number(reply.headers.get('parley-posts')?.split('/')[1] ?? 0);
      const text = await reply.text();
      assert.equal(reply.status, 200, `${reply.status}: ${text.slice(0, 500)}\n${server.complaints()}`);
      assert.ok(call, 'a reply without its place in the log');
      answered.push({ call, posts });
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      return; // the connection broke: the server was killed
    }
  }
}

async function compare(dir: string, answered: readonly Answered[]): Promise<number> {
  const parley = await openParley({
    data: join(dir, 'data'),
    host: '127.0.0.1',
    port: 0,
    masterKeyFile: join(dir, 'master.key'),
  });
  try {
    await parley.ledger.integrated();
    const calls = new Map<string, number>();
    let entries = 0;
    for (const { log } of parley.ledger.logs()) {
      const { size } = parley.ledger.state(log);
      for await (const entry of parley.ledger.reader.entries(log, 0, size)) {
        entries += 1;
        if (entry.kind === 'call') calls.set(`${log}/${entry.index}`, entry.posts);
      }
    }
    const seen = new Set<string>();
    for (const { call, posts } of answered) {
      assert.ok(!seen.has(call), `two answers carry ${call}`);
      seen.add(call);
      assert.equal(calls.get(call), posts, `${call} was answered with ${posts} posts`);
    }
    return entries;
  } finally {
    await parley.close();
  }
}
