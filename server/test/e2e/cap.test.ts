import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DAY_MS } from '#kernel';
import { OPERATOR } from '#terms';
import { openParley } from '../../src/main.ts';
import { serve } from '../../src/wiring/serve.ts';
import { seedPlatform } from './seed.ts';

const CALLS = 10_000;
const CAP = 37;
const SOCKETS = 64;

test('ten thousand parallel calls at the edge of a cap: delivered and billed equal the cap, not one over, not one short', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-cap-'));
  const { licenseeId, postIds } = await seedPlatform(dir);
  const parley = await openParley({
    data: join(dir, 'data'),
    host: '127.0.0.1',
    port: 0,
    masterKeyFile: join(dir, 'master.key'),
  });
  const running = await serve(parley);
  await parley.terms.addPlan({ name: 'edge', base: 'no-windows', monthlyPostCap: CAP });
  const { bearerToken } = await parley.terms.addApp(OPERATOR, { licenseeId, plan: 'edge' });
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
  t.after(async () => {
    agent.destroy();
    await running.close();
    rmSync(dir, { recursive: true, force: true });
  });

  // Pages of three out of 300 posts: pages overlap, so some posts are free the second time, and the edge falls inside a page.
  const replies = await Promise.all(
    Array.from({ length: CALLS }, (_, call) => {
      const ids = [call, call + 1, call + 2].map((at) => postIds[at % postIds.length]).join(',');
      return fetchJson(agent, `${running.address}/2/tweets?ids=${ids}`, bearerToken);
    }),
  );
  const served = new Set<string>();
  let ok = 0;
  for (const { status, body } of replies) {
    if (status === 200) {
      ok += 1;
      for (const post of body.data ?? []) served.add(post.id);
    } else {
      assert.equal(status, 429);
      assert.equal(body.title, 'UsageCapExceeded');
    }
  }
  assert.equal(served.size, CAP, 'distinct posts that left the house');
  assert.ok(ok > 0 && ok < CALLS);
  const today = Math.floor(parley.clock.now() / DAY_MS) * DAY_MS;
  const { totals } = parley.terms.usage(licenseeId, { from: today - DAY_MS, to: today + DAY_MS });
  assert.equal(totals.billed, CAP);
});

type Reply = { status: number | undefined; body: { title?: string; data?: { id: string }[] } };

function fetchJson(agent: Agent, url: string, bearer: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { authorization: `Bearer ${bearer}` } }, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      reply.on('end', () => resolve({ status: reply.statusCode, body: JSON.parse(text) }));
    }).on('error', reject);
  });
}
