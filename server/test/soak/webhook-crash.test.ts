import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeId } from '#kernel';
import { defaultPerson } from '#posts';
import { OPERATOR } from '#terms';
import { openParley, type Parley } from '../../src/main.ts';
import { openReceiver } from '../contract/fake-receiver.ts';
import { parleyJson, type ServerProcess, startProcess } from '../e2e/process.ts';
import { seeded } from '../e2e/seed.ts';
import { roundsOf, seed, until } from './length.ts';

const ROUNDS = roundsOf(4, 100);
/** Posts acknowledged in a round at least before it is killed. */
const ROUND_POSTS_MIN = 6;
const ROUND_MS = 900;
const ALLOWED = '127.0.0.1/32';

/** Pushes posts of the subscriber, one at a time, until the server is gone. Those that were acknowledged are noted. */
async function pushUntilGone(
  server: ServerProcess,
  token: string,
  round: number,
  pushed: Set<string>,
): Promise<void> {
  for (let at = 0; ; at += 1) {
    const id = makeId(Date.now(), round * 100_000 + at);
    const line = { id, author_id: '12', text: `coffee number ${at}`, created_at: new Date().toISOString() };
    try {
      const reply = await fetch(`${server.address}/v1/posts`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
        body: JSON.stringify(line),
      });
      await reply.text();
      assert.equal(reply.status, 200);
      pushed.add(id);
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      return; // the connection broke: the server was killed
    }
  }
}

test('kill -9 with webhooks: every post that was acknowledged is delivered, under one name, and is in the ledger', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-webhook-crash-'));
  let last: Parley | undefined;
  t.after(async () => {
    await last?.close();
    rmSync(dir, { recursive: true, force: true });
  });
  t.diagnostic(`${ROUNDS} rounds, seed ${seed}`);
  const random = seeded(seed);
  const receiver = await openReceiver(t);
  const open = () =>
    openParley({
      data: join(dir, 'data'),
      host: '127.0.0.1',
      port: 0,
      masterKeyFile: join(dir, 'master.key'),
      allowWebhooks: [ALLOWED],
    });

  const parley = await open();
  const { token } = await parley.access.addOperator('drill');
  await parley.writer.apply([
    {
      kind: 'person',
      person: { ...defaultPerson('12'), username: 'mira', name: 'Mira' },
    },
  ]);
  const { licenseeId } = await parley.terms.addLicensee('Ads');
  const app = await parley.terms.addApp(OPERATOR, { licenseeId, plan: 'enterprise-50m' });
  receiver.state.secret = app.consumerSecret;
  const webhook = await parley.webhooks.create(app.appId, receiver.url);
  parley.access.persons.giveOwnTokens(app.appId, '12');
  parley.webhooks.subscribe(app.appId, webhook.id, '12');
  await parley.close();

  const pushed = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const server = await startProcess(dir, ['--allow-webhooks', ALLOWED]);
    // Now and then the receiver is down, too, so that jobs wait over a restart.
    receiver.state.manner = random() < 0.4 ? 'fails' : 'well';
    const before = pushed.size;
    const pushing = pushUntilGone(server, token, round, pushed);
    await new Promise((resolve) => setTimeout(resolve, random() * ROUND_MS));
    await until(() => pushed.size >= before + ROUND_POSTS_MIN, `${ROUND_POSTS_MIN} acknowledged posts`);
    await server.kill();
    await pushing;
  }
  receiver.state.manner = 'well';
  last = await open();
  await last.webhooks.followed();
  const taken = () =>
    new Set(receiver.delivered.map(({ json }) => json.tweet_create_events[0].id_str as string));
  while ([...pushed].some((id) => !taken().has(id))) {
    last.outbox.wake(webhook.id);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await last.outbox.settled();
  const names = new Map<string, Set<unknown>>();
  for (const { json, headers } of receiver.delivered) {
    const id = json.tweet_create_events[0].id_str;
    names.set(id, (names.get(id) ?? new Set()).add(headers['parley-delivery']));
  }
  for (const [id, found] of names) assert.equal(found.size, 1, `${id} came under several names`);
  const today = Math.floor(Date.now() / 86_400_000) * 86_400_000;
  const usage = last.terms.usage(licenseeId, { from: today - 86_400_000, to: today + 86_400_000 });
  // What was pushed and not acknowledged before a kill may be there, too; nothing was delivered that is not recorded.
  assert.ok(usage.totals.billed >= names.size, `${usage.totals.billed} billed, ${names.size} delivered`);
  const { rows } = usage;
  const entries = rows.reduce((sum, { calls }) => sum + calls, 0);
  t.diagnostic(
    `${pushed.size} acknowledged, ${names.size} delivered in ${receiver.delivered.length} posts, ${entries} entries`,
  );
  await last.close();
  last = undefined;
  const verified = await parleyJson<{ ok: boolean }>(dir, ['ledger', 'verify', join(dir, 'data')]);
  assert.equal(verified.ok, true);
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const period = ['--from', day(today - 86_400_000), '--to', day(today + 86_400_000)];
  const audit = await parleyJson<{ agrees: boolean }>(dir, [
    'audit',
    '--licensee',
    licenseeId,
    ...period,
    '--openings',
  ]);
  assert.equal(audit.agrees, true, 'every delivery’s price is what the agreement says');
});
