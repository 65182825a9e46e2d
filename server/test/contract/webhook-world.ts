import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { TestContext } from 'node:test';
import { DAY_MS } from '#kernel';
import type { AgreementInput } from '#terms';
import { apiWorld, type Json, person } from './api.ts';
import { openReceiver, type Receiver } from './fake-receiver.ts';

/** A world with four persons, an app, its receiver, and the person 101 subscribed. */
export async function subscribedWorld(
  t: Pick<TestContext, 'after'>,
  given: { agreement?: Partial<AgreementInput>; subscribers?: readonly string[] } = {},
) {
  const api = await apiWorld(t, { allowWebhooks: ['127.0.0.1/32'] });
  await api.apply(...['101', '102', '103', '104'].map((id) => person(id, { createdAt: 1_500_000_000_000 })));
  const hooked = async () => {
    const app = await api.app(given.agreement);
    const receiver = await openReceiver(t, app.consumerSecret);
    const made = await api.send('POST', app, '/2/webhooks', { url: receiver.url });
    assert.equal(made.status, 200, made.text);
    const webhookId: string = made.json.data.id;
    return { app, receiver, webhookId };
  };
  const first = await hooked();

  async function subscribe(
    { app, webhookId }: { app: { appId: string }; webhookId: string },
    personId: string,
  ) {
    const { oauth2 } = api.world.access.persons.giveOwnTokens(app.appId, personId);
    const url = `/2/account_activity/webhooks/${webhookId}/subscriptions/all`;
    const reply = await api.send('POST', { bearerToken: oauth2.accessToken }, url);
    assert.equal(reply.status, 200, reply.text);
  }

  for (const personId of given.subscribers ?? ['101']) await subscribe(first, personId);
  return {
    api,
    ...first,
    hooked,
    subscribe,
    /** All that happened has been told, or waits for its time. */
    async told(): Promise<void> {
      await api.world.webhooks.followed();
      await api.world.outbox.settled();
    },
    /** Takes what was delivered since the last time, each signature checked. */
    take(from: Receiver = first.receiver): Json[] {
      return from.delivered.splice(0).map(({ headers, text, json }) => {
        const expected = createHmac('sha256', from.state.secret).update(text).digest('base64');
        assert.equal(headers['x-twitter-webhooks-signature'], `sha256=${expected}`);
        assert.equal(headers['content-type'], 'application/json');
        return json;
      });
    },
    /** Sums of what the ledger holds of the app's deliveries. */
    deliveries(of: { licenseeId: string } = first.app): { calls: number; posts: number; billed: number } {
      const day = Math.floor(api.world.clock.now() / DAY_MS) * DAY_MS;
      const { rows } = api.world.terms.usage(of.licenseeId, { from: day - DAY_MS, to: day + DAY_MS });
      const found = rows.filter(({ operation }) => operation === 'deliverAccountActivity');
      const sum = (name: 'calls' | 'posts' | 'billed') => found.reduce((all, row) => all + row[name], 0);
      return { calls: sum('calls'), posts: sum('posts'), billed: sum('billed') };
    },
  };
}
