import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Json, person, post } from './api.ts';
import { subscribedWorld } from './webhook-world.ts';

const MINUTE = 60_000;

/** `yyyymmddhhmm`. */
function stamp(ms: number): string {
  return new Date(ms).toISOString().replace(/[-T:]/g, '').slice(0, 12);
}

describe('replays', () => {
  test('tell again what happened in the time, to those who were subscribed then, and say when they are done', async (t) => {
    const { api, app, told, take, deliveries, webhookId, receiver } = await subscribedWorld(t);
    const start = api.world.clock.now();
    const ids = (found: Json[]) =>
      found.map((one) => one.tweet_create_events?.[0].id_str ?? Object.keys(one)[0]).sort();
    for (let at = 0; at < 5; at += 1) {
      await api.apply(post(0, { id: String(1_000 + at), createdAt: api.world.clock.now() }));
      api.world.clock.advance(MINUTE);
    }
    api.world.messages.sendTo('102', '101', { text: 'x' });
    api.world.clock.advance(MINUTE);
    await told();
    assert.equal(take().length, 6);
    const names = receiver.delivered.map(({ headers }) => headers['parley-delivery']);
    assert.deepEqual(names, []);
    const recorded = deliveries();
    const window = `from_date=${stamp(start + MINUTE)}&to_date=${stamp(start + 2 * MINUTE)}`;
    const url = `/2/account_activity/replay/webhooks/${webhookId}/subscriptions/all?${window}`;
    const asked = await api.send('POST', app, url);
    assert.equal(asked.status, 200, asked.text);
    const conflict = await api.send('POST', app, url);
    assert.equal(conflict.status, 409, 'one at a time');
    const found: Json[] = [];
    for (let round = 0; round < 4; round += 1) {
      await told();
      assert.ok(
        receiver.delivered.every(
          ({ json, headers }) =>
            json.replay_job_status || headers['parley-replay'] === asked.json.data.job_id,
        ),
      );
      found.push(...take());
      api.world.clock.advance(2_000);
    }
    assert.deepEqual(ids(found), ['1001', '1002', 'replay_job_status']);
    assert.deepEqual(found.at(-1).replay_job_status, {
      webhook_id: webhookId,
      job_state: 'Complete',
      job_state_description: 'Job completed successfully',
      job_id: asked.json.data.job_id,
    });
    // Two more calls, and not one post more that is billed.
    assert.deepEqual(deliveries(), { ...recorded, calls: recorded.calls + 2, posts: recorded.posts + 2 });
    // By a body, as the newer client asks; messages come, too.
    const body = { webhook_id: webhookId, from_date: stamp(start), to_date: stamp(start + 5 * MINUTE) };
    const again = await api.send('POST', app, '/2/webhooks/replay', body);
    assert.equal(again.status, 200, again.text);
    found.length = 0;
    for (let round = 0; round < 4; round += 1) {
      await told();
      found.push(...take());
      api.world.clock.advance(2_000);
    }
    assert.equal(found.filter((one) => one.tweet_create_events).length, 5);
    assert.equal(found.filter((one) => one.direct_message_events).length, 1);
    assert.deepEqual(api.mistakes, []);
  });

  test('name deliveries as the first time, so that receivers know doubles', async (t) => {
    const { api, app, told, receiver, webhookId } = await subscribedWorld(t);
    await api.apply(post(0, { id: '1000' }));
    await told();
    api.world.clock.advance(2 * MINUTE);
    const at = stamp(api.world.clock.now() - 2 * MINUTE);
    const url = `/2/account_activity/replay/webhooks/${webhookId}/subscriptions/all?from_date=${at}&to_date=${at}`;
    assert.equal((await api.send('POST', app, url)).status, 200);
    await told();
    const names = receiver.delivered.flatMap(({ json, headers }) =>
      json.tweet_create_events ? [headers['parley-delivery']] : [],
    );
    assert.equal(names.length, 2);
    assert.equal(names[0], names[1]);
  });

  test('tell nobody what happened before they were subscribed', async (t) => {
    const { api, app, told, take, webhookId, subscribe, receiver } = await subscribedWorld(t);
    await api.apply(post(0, { id: '1000', authorId: '102' }));
    api.world.clock.advance(MINUTE);
    await subscribe({ app, webhookId }, '102');
    await api.apply(post(0, { id: '1001', authorId: '102' }));
    api.world.clock.advance(2 * MINUTE);
    await told();
    take();
    const start = api.world.clock.now();
    const window = `from_date=${stamp(start - 10 * MINUTE)}&to_date=${stamp(start - 2 * MINUTE)}`;
    await api.send(
      'POST',
      app,
      `/2/account_activity/replay/webhooks/${webhookId}/subscriptions/all?${window}`,
    );
    await told();
    assert.deepEqual(
      take(receiver).flatMap((one) => one.tweet_create_events?.[0].id_str ?? []),
      ['1001'],
    );
  });

  test('are incomplete when some of it could not be delivered in a day', async (t) => {
    const { api, app, told, take, receiver, webhookId } = await subscribedWorld(t);
    await api.apply(post(0, { id: '1000' }));
    await told();
    take();
    receiver.state.manner = 'fails';
    api.world.clock.advance(2 * MINUTE);
    const at = stamp(api.world.clock.now() - 2 * MINUTE);
    const url = `/2/account_activity/replay/webhooks/${webhookId}/subscriptions/all?from_date=${at}&to_date=${at}`;
    assert.equal((await api.send('POST', app, url)).status, 200);
    await told();
    api.world.clock.advance(25 * 60 * MINUTE);
    await told();
    receiver.state.manner = 'well';
    take();
    const states: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      api.world.clock.advance(10 * MINUTE);
      await told();
      for (const { replay_job_status: status } of take()) if (status) states.push(status.job_state);
    }
    assert.deepEqual(states, ['Incomplete']);
  });

  test('400: times that are none, the wrong way round, too old, or not over yet', async (t) => {
    const { api, app, webhookId } = await subscribedWorld(t);
    await api.apply(person('105'));
    const now = api.world.clock.now();
    const url = `/2/account_activity/replay/webhooks/${webhookId}/subscriptions/all`;
    for (const [from, to] of [
      ['202602300000', stamp(now - MINUTE)],
      ['20261121100', stamp(now - MINUTE)],
      ['now', 'then'],
      [stamp(now - MINUTE), stamp(now - 5 * MINUTE)],
      [stamp(now - 26 * 60 * MINUTE), stamp(now - MINUTE)],
      [stamp(now - MINUTE), stamp(now)],
      [stamp(now + MINUTE), stamp(now + 2 * MINUTE)],
    ]) {
      const reply = await api.send('POST', app, `${url}?from_date=${from}&to_date=${to}`);
      assert.equal(reply.status, 400, `${from} ${to}`);
      const body = { webhook_id: webhookId, from_date: from, to_date: to };
      assert.equal((await api.send('POST', app, '/2/webhooks/replay', body)).status, 400, `${from} ${to}`);
    }
    assert.equal((await api.send('POST', app, '/2/webhooks/replay', { webhook_id: 5 })).status, 400);
  });
});
