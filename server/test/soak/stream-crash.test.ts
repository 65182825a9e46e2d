import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeId } from '#kernel';
import { openParley } from '../../src/main.ts';
import { openReader, type StreamReader } from '../contract/reader.ts';
import { parleyJson, type ServerProcess, startProcess } from '../e2e/process.ts';
import { seeded } from '../e2e/seed.ts';
import { roundsOf, seed } from './length.ts';

const ROUNDS = roundsOf(3, 100);
const ROUND_MS = 900;

/** Pushes new posts, a few at a time, until the server is gone. */
async function pushUntilGone(server: ServerProcess, token: string, round: number): Promise<void> {
  for (let at = 0; ; at += 5) {
    const lines = Array.from({ length: 5 }, (_, more) =>
      JSON.stringify({
        id: makeId(Date.now(), round * 100_000 + at + more),
        author_id: '12',
        text: `coffee number ${at + more}`,
        created_at: new Date().toISOString(),
      }),
    );
    try {
      const reply = await fetch(`${server.address}/v1/posts`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
        body: lines.join('\n'),
      });
      await reply.text();
      assert.equal(reply.status, 200);
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      return; // the connection broke: the server was killed
    }
  }
}

test('kill -9 with open streams: every delivered post is in one batch of its stream, and the log verifies', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-stream-crash-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  t.diagnostic(`${ROUNDS} rounds, seed ${seed}`);
  const random = seeded(seed);
  let token = '';
  let bearer = '';
  const delivered = new Map<string, string[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const server = await startProcess(dir);
    if (round === 0) {
      token = server.operatorToken!;
      const { licenseeId } = await parleyJson<{ licenseeId: string }>(dir, ['licensee', 'add', 'Ads']);
      const plan = ['--licensee', licenseeId, '--plan', 'enterprise-50m'];
      bearer = (await parleyJson<{ bearerToken: string }>(dir, ['app', 'add', ...plan])).bearerToken;
      const rules = await fetch(`${server.address}/2/tweets/search/stream/rules`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body: '{"add":[{"value":"coffee"}]}',
      });
      assert.equal(rules.status, 201);
      await rules.text();
    }
    const readers: StreamReader[] = [];
    for (let one = 0; one < 2; one += 1)
      readers.push(await openReader(server.address, '/2/tweets/search/stream', bearer));
    const pushing = pushUntilGone(server, token, round);
    await readers[0]!.lines(5);
    await new Promise((resolve) => setTimeout(resolve, random() * ROUND_MS));
    await server.kill();
    await pushing;
    for (const reader of readers) {
      await reader.ended;
      const ids = (await reader.lines(0)).map(({ data }) => String(data.id));
      assert.equal(new Set(ids).size, ids.length, 'a post was sent twice on one connection');
      delivered.set(String(reader.headers['parley-call']), ids);
    }
  }
  assert.equal(delivered.size, 2 * ROUNDS);
  assert.ok(await everyOneIsRecorded(dir, delivered));
  const verified = await parleyJson<{ ok: boolean }>(dir, ['ledger', 'verify', join(dir, 'data')]);
  assert.equal(verified.ok, true);
});

/** Holds what readers got against the openings of the batches. @returns posts that were delivered. */
async function everyOneIsRecorded(dir: string, delivered: Map<string, string[]>): Promise<number> {
  const parley = await openParley({
    data: join(dir, 'data'),
    host: '127.0.0.1',
    port: 0,
    masterKeyFile: join(dir, 'master.key'),
  });
  try {
    await parley.ledger.integrated();
    const recorded = new Map<string, string[]>();
    const [{ log } = { log: '' }] = parley.ledger.logs();
    for await (const entry of parley.ledger.reader.entries(log, 0, parley.ledger.state(log).size)) {
      if (entry.kind !== 'batch') continue;
      const { items } = (await parley.ledger.reader.opening(log, entry.index))!;
      const ids = items.flatMap((item) => (item.kind === 'post' ? [item.id] : []));
      const call = `${log}/${entry.stream}`;
      recorded.set(call, [...(recorded.get(call) ?? []), ...ids]);
    }
    let count = 0;
    for (const [call, ids] of delivered) {
      const known = recorded.get(call) ?? [];
      assert.equal(new Set(known).size, known.length, `${call} has a post in two batches`);
      for (const id of ids)
        assert.ok(known.includes(id), `${id} was sent by ${call} and is in no batch of it`);
      count += ids.length;
    }
    return count;
  } finally {
    await parley.close();
  }
}
