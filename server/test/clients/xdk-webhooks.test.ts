import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Client } from '@xdevplatform/xdk';
import { apiWorld, type Json, person, post } from '../contract/api.ts';
import { openReceiver } from '../contract/fake-receiver.ts';
import { watchXdkAnswers } from './xdk-answers.ts';

/** The official XDK, unchanged but for its address. */
describe('@xdevplatform/xdk', () => {
  test('registers a webhook, subscribes a person, asks for a replay, and the receiver hears of a post', async (t) => {
    const api = await apiWorld(t, { allowWebhooks: ['127.0.0.1/32'] });
    await api.apply(person('101'));
    const app = await api.app();
    const receiver = await openReceiver(t, app.consumerSecret);
    const baseUrl = await api.server.listen({ host: '127.0.0.1', port: 0 });
    const { oauth2 } = api.world.access.persons.giveOwnTokens(app.appId, '101');
    const own = new Client({ bearerToken: app.bearerToken, baseUrl }) as Json;
    const alice = new Client({ accessToken: oauth2.accessToken, baseUrl }) as Json;

    const made = await own.webhooks.create({ url: receiver.url });
    const { id } = made.data;
    assert.equal(made.data.valid, true);
    assert.equal((await own.webhooks.get()).data[0].url, receiver.url);
    assert.equal((await own.webhooks.validate(id)).data.valid, true);
    assert.equal((await alice.accountActivity.createSubscription(id, {})).data.subscribed, true);
    assert.equal((await alice.accountActivity.validateSubscription(id)).data.subscribed, true);
    assert.equal((await own.accountActivity.getSubscriptionCount()).data.subscriptionsCountAll, '1');
    assert.equal((await own.accountActivity.getSubscriptions(id)).data.subscriptions[0].userId, '101');

    await api.apply(post(0, { id: '1000' }));
    await api.world.webhooks.followed();
    await api.world.outbox.settled();
    assert.equal(receiver.delivered[0]?.json.tweet_create_events[0].id_str, '1000');
    api.world.clock.advance(120_000);
    const minute = '202611211000';
    const job = await own.webhooks.createWebhookReplayJob({
      webhookId: id,
      fromDate: minute,
      toDate: minute,
    });
    assert.match(job.data.jobId, /^\d+$/);
    assert.equal((await own.accountActivity.deleteSubscription(id, '101')).data.subscribed, false);
    assert.equal((await own.webhooks.delete(id)).data.deleted, true);
    assert.deepEqual(api.mistakes, []);
  });

  test('links the app’s rules to a webhook, which is brought what they match, and ends the link', async (t) => {
    const api = await apiWorld(t, { allowWebhooks: ['127.0.0.1/32'] });
    await api.apply(person('101'));
    const app = await api.app();
    const receiver = await openReceiver(t, app.consumerSecret);
    const baseUrl = await api.server.listen({ host: '127.0.0.1', port: 0 });
    const own = new Client({ bearerToken: app.bearerToken, baseUrl }) as Json;
    const { id } = (await own.webhooks.create({ url: receiver.url })).data;
    const rules = await own.stream.updateRules({ add: [{ value: 'espresso', tag: 'short' }] });
    assert.equal(rules.meta.summary.created, 1);
    assert.equal((await own.webhooks.createStreamLink(id)).data.provisioned, true);
    const [link] = (await own.webhooks.getStreamLinks()).data;
    assert.deepEqual([link.webhookId, link.applicationId], [id, app.appId]);
    await api.apply(post(2, { text: 'an espresso' }), post(1, { text: 'a tea' }));
    await api.world.webhooks.followed();
    await api.world.outbox.settled();
    assert.deepEqual(
      receiver.delivered.map(({ json }) => [json.data.text, json.matching_rules]),
      [['an espresso', [{ id: rules.data[0].id, tag: 'short' }]]],
    );
    assert.equal((await own.webhooks.deleteStreamLink(id)).data.deleted, true);
    assert.deepEqual(api.mistakes, []);
  });

  test('writes to a person and to a group, reads, and deletes', async (t) => {
    const api = await apiWorld(t);
    await api.apply(
      ...['101', '102', '103'].map((id) => person(id)),
      post(9, { id: '900', authorId: '103' }),
    );
    const app = await api.app();
    const baseUrl = await api.server.listen({ host: '127.0.0.1', port: 0 });
    const clientOf = (id: string) =>
      new Client({ accessToken: api.person(app, id).bearerToken, baseUrl }) as Json;
    const [alice, bob] = [clientOf('101'), clientOf('102')];

    const sent = await alice.directMessages.createByParticipantId('102', {
      text: 'https://x.com/a/status/900',
    });
    assert.equal(sent.data.dmConversationId, '101-102');
    const group = await bob.directMessages.createConversation({
      conversationType: 'Group',
      participantIds: ['101', '103'],
      message: { text: 'all' },
    });
    const { dmConversationId } = group.data;
    await alice.directMessages.createByConversationId(dmConversationId, { text: 'yes' });
    const inGroup = await bob.directMessages.getEventsByConversationId(dmConversationId, { maxResults: 2 });
    assert.deepEqual(
      inGroup.data.map((one: Json) => one.text),
      ['yes', 'all'],
    );
    const earlier = await bob.directMessages.getEventsByConversationId(dmConversationId, {
      maxResults: 2,
      paginationToken: inGroup.meta.nextToken,
    });
    assert.equal(earlier.data[0].eventType, 'ParticipantsJoin');
    const withAlice = await bob.directMessages.getEventsByParticipantId('101', {
      dmEventFields: ['created_at', 'dm_conversation_id'],
      expansions: ['referenced_posts', 'sender_id'],
      eventTypes: ['MessageCreate'],
    });
    assert.equal(withAlice.data[0].createdAt, '2026-11-21T10:00:00.000Z');
    assert.equal(withAlice.includes.users[0].id, '101');
    assert.equal(withAlice.includes.posts[0].id, '900');
    assert.equal((await bob.directMessages.deleteEvents(sent.data.dmEventId)).data.deleted, true);
    const left = await bob.directMessages.getEvents();
    assert.equal(left.data.length, 3);
    assert.equal(
      (await alice.directMessages.getEventsById(sent.data.dmEventId)).data.id,
      sent.data.dmEventId,
    );
    assert.deepEqual(api.mistakes, []);
  });
});

watchXdkAnswers();
