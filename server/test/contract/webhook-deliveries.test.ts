import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Change, RelationKind } from '#posts';
import { type Json, person, post } from './api.ts';
import type { Manner } from './fake-receiver.ts';
import { subscribedWorld } from './webhook-world.ts';

const HOUR = 3_600_000;

describe('deliveries of account activity', () => {
  test('tell of a person’s posts and of those that mention, answer, repeat and quote them, in X’s form', async (t) => {
    const { api, told, take } = await subscribedWorld(t);
    const mention = { start: 0, end: 10, username: 'person101', id: '101' };
    await api.apply(
      post(50, { id: '1000', text: 'mine #tag', entities: { hashtags: [{ start: 5, end: 9, tag: 'tag' }] } }),
      post(40, { id: '1001', authorId: '102', text: '@person101 hi', entities: { mentions: [mention] } }),
      post(30, { id: '1002', authorId: '103', references: [{ type: 'quoted', id: '1000' }] }),
      post(20, { id: '1003', authorId: '104', references: [{ type: 'retweeted', id: '1000' }] }),
      post(10, {
        id: '1004',
        authorId: '104',
        inReplyToPersonId: '101',
        references: [{ type: 'replied_to', id: '1000' }],
      }),
      post(5, { id: '1005', authorId: '103', text: 'nothing to do with anybody' }),
    );
    await told();
    const events = take().sort((one, other) =>
      one.tweet_create_events[0].id_str < other.tweet_create_events[0].id_str ? -1 : 1,
    );
    assert.deepEqual(
      events.map((one) => [one.for_user_id, one.user_has_blocked, one.tweet_create_events[0].id_str]),
      [
        ['101', undefined, '1000'],
        ['101', false, '1001'],
        ['101', false, '1002'],
        ['101', false, '1003'],
        ['101', false, '1004'],
      ],
    );
    const [mine, mentioned, quoting, repeating, answering] = events.map((one) => one.tweet_create_events[0]);
    assert.equal(mine.created_at, 'Sat Nov 21 09:59:10 +0000 2026');
    assert.deepEqual(mine.entities.hashtags, [{ text: 'tag', indices: [5, 9] }]);
    assert.deepEqual(
      [mine.user.id_str, mine.user.screen_name, mine.user.created_at],
      ['101', 'person101', 'Fri Jul 14 02:40:00 +0000 2017'],
    );
    assert.deepEqual(mentioned.entities.user_mentions, [
      { screen_name: 'person101', id: 101, id_str: '101', indices: [0, 10] },
    ]);
    assert.deepEqual([quoting.is_quote_status, quoting.quoted_status.text], [true, 'mine #tag']);
    assert.equal(repeating.retweeted_status.user.id_str, '101');
    assert.deepEqual(
      [answering.in_reply_to_status_id_str, answering.in_reply_to_user_id_str],
      ['1000', '101'],
    );
    assert.deepEqual(api.mistakes, []);
  });

  test('write long ids with all their digits, as numbers and as texts', async (t) => {
    const { api, told, receiver } = await subscribedWorld(t);
    await api.apply(post(1, { id: '1992345678901234567' }));
    await told();
    assert.match(
      receiver.delivered[0]?.text ?? '',
      /"id":1992345678901234567,"id_str":"1992345678901234567"/,
    );
  });

  test('tell of likes by and of a person, follows by and of, and only by: unfollows, blocks, mutes', async (t) => {
    const { api, told, take } = await subscribedWorld(t);
    await api.apply(post(5_000, { id: '1000' }), post(5_000, { id: '1001', authorId: '102' }));
    await told();
    take();
    const at = api.world.clock.now();
    const relate = (relation: RelationKind, from: string, to: string): Change => ({
      kind: 'relate',
      relation,
      from,
      to,
      at,
    });
    const unrelate = (relation: RelationKind, from: string, to: string): Change => ({
      kind: 'unrelate',
      relation,
      from,
      to,
      at,
    });
    const tell = async (...changes: Change[]): Promise<Json[]> => {
      await api.apply(...changes);
      await told();
      return take();
    };
    for (const [from, to] of [
      ['101', '1001'],
      ['103', '1000'],
    ] as const) {
      const [like] = await tell(relate('like', from, to));
      const [event] = like.favorite_events;
      assert.deepEqual(
        [event.favorited_status.id_str, event.user.id_str, event.timestamp_ms],
        [to, from, at],
      );
    }
    for (const [from, to] of [
      ['101', '102'],
      ['103', '101'],
    ] as const) {
      const [follow] = await tell(relate('follow', from, to));
      const [event] = follow.follow_events;
      assert.deepEqual(
        [event.type, event.source.id_str, event.target.id_str, event.created_timestamp],
        ['follow', from, to, String(at)],
      );
    }
    const ends = await tell(
      unrelate('follow', '101', '102'),
      relate('block', '101', '104'),
      relate('mute', '101', '102'),
      unrelate('mute', '101', '102'),
      unrelate('block', '101', '104'),
    );
    assert.deepEqual(
      ends.map((one) => (one.follow_events ?? one.block_events ?? one.mute_events)[0].type).sort(),
      ['block', 'mute', 'unblock', 'unfollow', 'unmute'],
    );
    const others = await tell(
      unrelate('follow', '103', '101'),
      relate('block', '103', '101'),
      relate('mute', '104', '101'),
      relate('like', '102', '1001'),
      relate('follow', '103', '104'),
      relate('bookmark', '101', '1001'),
      unrelate('like', '101', '1001'),
    );
    assert.deepEqual(
      others,
      [],
      'what others do to a person in private, or to others, is not theirs to know',
    );
  });

  test('tell of deletions, whatever they cost', async (t) => {
    const { api, told, take, deliveries } = await subscribedWorld(t);
    await api.apply(post(10, { id: '1000' }));
    await told();
    take();
    await api.apply({ kind: 'delete-post', id: '1000', at: api.world.clock.now() });
    await told();
    assert.deepEqual(take(), [
      {
        for_user_id: '101',
        tweet_delete_events: [
          { status: { id: '1000', user_id: '101' }, timestamp_ms: String(api.world.clock.now()) },
        ],
      },
    ]);
    assert.equal(deliveries().calls, 1, 'a deletion brings nothing that is billed');
  });

  test('tell of messages between two to both who are subscribed, and of none in groups', async (t) => {
    const { api, told, take } = await subscribedWorld(t, { subscribers: ['101', '102'] });
    const { messages } = api.world;
    const { eventId } = messages.sendTo('103', '101', { text: 'psst #you' });
    messages.sendTo('103', '104', { text: 'not yours' });
    messages.createGroup('101', ['102', '103'], { text: 'group' });
    await told();
    const [event, ...others] = take();
    assert.deepEqual(others, []);
    assert.equal(event.for_user_id, '101');
    const [message] = event.direct_message_events;
    assert.deepEqual(
      [
        message.type,
        message.id,
        message.message_create.sender_id,
        message.message_create.target.recipient_id,
      ],
      ['message_create', eventId, '103', '101'],
    );
    assert.equal(message.message_create.message_data.text, 'psst #you');
    assert.deepEqual(message.message_create.message_data.entities.hashtags, [
      { text: 'you', indices: [5, 9] },
    ]);
    assert.deepEqual(Object.keys(event.users).sort(), ['101', '103']);
    messages.sendTo('101', '102', { text: 'x' });
    await told();
    assert.deepEqual(
      take()
        .map((one) => one.for_user_id)
        .sort(),
      ['101', '102'],
    );
  });

  test('are recorded before they leave, once, whatever the receiver does with them', async (t) => {
    const { api, told, take, deliveries, receiver } = await subscribedWorld(t);
    receiver.state.manner = 'never answers';
    await api.apply(post(1, { id: '1000', authorId: '102', references: [], inReplyToPersonId: '101' }));
    await api.world.webhooks.followed();
    while (receiver.delivered.length === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(deliveries(), { calls: 1, posts: 1, billed: 1 });
    receiver.letGo();
    const names = new Set<unknown>();
    for (const manner of [
      'fails',
      'cuts',
      'takes it and resets',
      'redirects',
      'answers without end',
    ] satisfies Manner[]) {
      receiver.state.manner = manner;
      const before = receiver.delivered.length;
      while (receiver.delivered.length === before) {
        api.world.clock.advance(700_000);
        await told();
      }
    }
    receiver.state.manner = 'well';
    api.world.clock.advance(700_000);
    await told();
    for (const { headers, path } of receiver.delivered) {
      names.add(headers['parley-delivery']);
      assert.equal(path, '/hook', 'no redirect is followed');
    }
    const bodies = new Set(receiver.delivered.map(({ text }) => text));
    assert.deepEqual([names.size, bodies.size, take().length], [1, 1, 7]);
    assert.deepEqual(deliveries(), { calls: 1, posts: 1, billed: 1 });
    assert.deepEqual(api.world.outbox.state(), { waiting: 0, running: 0 });
    api.world.clock.advance(700_000);
    await told();
    assert.equal(take().length, 0, 'what was taken is not sent again');
  });

  test('a receiver that never answers holds up nobody else’s', async (t) => {
    const { api, told, take, hooked, subscribe, receiver } = await subscribedWorld(t);
    const other = await hooked();
    await subscribe(other, '101');
    receiver.state.manner = 'never answers';
    await api.apply(...Array.from({ length: 20 }, (_, at) => post(at, { id: String(1_000 + at) })));
    await api.world.webhooks.followed();
    while (other.receiver.delivered.length < 20) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(take(other.receiver).length, 20);
    assert.ok(receiver.delivered.length <= 4, 'at most four at once');
    receiver.state.manner = 'well';
    receiver.letGo();
    const seen = new Set<string>();
    while (seen.size < 20) {
      for (const { tweet_create_events: events } of take()) seen.add(events[0].id_str);
      api.world.clock.advance(10_000);
      await told();
    }
  });

  test('what was deleted, hidden or refused meanwhile is not delivered', async (t) => {
    const { api, told, take, receiver } = await subscribedWorld(t, {
      agreement: { purposes: ['ai-training'] },
    });
    receiver.state.manner = 'fails';
    const about = { inReplyToPersonId: '101' };
    await api.apply(
      ...['102', '103', '104'].map((authorId) => post(5, { ...about, id: `10${authorId}`, authorId })),
      post(5, { id: '1000' }),
    );
    await told();
    take();
    const at = api.world.clock.now();
    await api.apply(
      { kind: 'delete-post', id: '10102', at },
      { kind: 'protect', id: '103', protected: true },
      { kind: 'preferences', id: '104', preferences: { aiTraining: false } },
    );
    receiver.state.manner = 'well';
    const ids: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      api.world.clock.advance(60_000);
      await told();
      for (const { tweet_create_events: events = [] } of take()) ids.push(events[0]?.id_str);
    }
    assert.deepEqual(ids, ['1000']);
  });

  test('a protected person’s own posts are told to their own app, and to a follower’s', async (t) => {
    const { api, told, take, hooked, subscribe } = await subscribedWorld(t);
    const other = await hooked();
    await subscribe(other, '102');
    await api.apply(
      { kind: 'protect', id: '101', protected: true },
      post(5, { id: '1000', text: 'x', inReplyToPersonId: '102' }),
    );
    await told();
    assert.equal(take().length, 1);
    assert.equal(take(other.receiver).length, 0);
    await api.apply(
      { kind: 'relate', relation: 'follow', from: '102', to: '101', at: api.world.clock.now() },
      post(4, { id: '1001', text: 'x', inReplyToPersonId: '102' }),
    );
    await told();
    const kinds = take(other.receiver).map((one) => one.tweet_create_events?.[0].id_str ?? 'follow');
    assert.deepEqual(kinds.sort(), ['1001', 'follow']);
  });

  test('a used-up cap keeps deliveries back until there is module; deletions still arrive', async (t) => {
    const { api, app, told, take, deliveries } = await subscribedWorld(t);
    await api.world.terms.addPlan({ name: 'tiny', base: 'pro', monthlyPostCap: 1 });
    await api.world.terms.amendAgreement(app.licenseeId, app.appId, { plan: 'tiny' });
    await api.apply(post(5, { id: '1000' }));
    await told();
    assert.equal(take().length, 1);
    await api.apply(post(5, { id: '1001' }), { kind: 'delete-post', id: '1000', at: api.world.clock.now() });
    await told();
    assert.deepEqual(
      take().map((one) => Object.keys(one)[1]),
      ['tweet_delete_events'],
    );
    await api.world.terms.amendAgreement(app.licenseeId, app.appId, { plan: 'pro' });
    api.world.clock.advance(HOUR);
    await told();
    assert.deepEqual(
      take().map((one) => one.tweet_create_events[0].id_str),
      ['1001'],
    );
    assert.deepEqual(deliveries(), { calls: 2, posts: 2, billed: 2 });
  });

  test('a webhook that is not valid gets nothing, and all of it once it answers again', async (t) => {
    const { api, app, told, take, receiver, webhookId } = await subscribedWorld(t);
    receiver.state.challenge = 'wrong token';
    await api.send('PUT', app, `/2/webhooks/${webhookId}`);
    await api.apply(post(5, { id: '1000' }), post(4, { id: '1001' }));
    await told();
    assert.deepEqual(take(), []);
    receiver.state.challenge = 'well';
    await api.send('PUT', app, `/2/webhooks/${webhookId}`);
    await told();
    assert.equal(take().length, 2);
    receiver.state.manner = 'is gone';
    await api.apply(post(3, { id: '1002' }));
    await told();
    assert.equal((await api.get(app, '/2/webhooks')).json.data[0].valid, false, '410 says so');
  });

  test('end when the person takes the app’s tokens away, which is told', async (t) => {
    const { api, app, told, take, webhookId } = await subscribedWorld(t);
    api.world.access.persons.grants.revokeApp('101', app.appId);
    await api.apply(post(5, { id: '1000' }));
    await told();
    const [event, ...others] = take();
    assert.deepEqual(
      [event.user_event.revoke.target, event.user_event.revoke.source, others],
      [{ app_id: app.appId }, { user_id: '101' }, []],
    );
    assert.deepEqual(api.world.webhooks.subscribers(app.appId, webhookId).personIds, []);
  });

  test('what waits, and what happens while nobody watches, is told after a restart', async (t) => {
    const { api, told, take, receiver, deliveries } = await subscribedWorld(t);
    receiver.state.manner = 'fails';
    await api.apply(post(5, { id: '1000' }));
    await told();
    take();
    // The posts are on disk, and the process ends before a webhook heard of them.
    api.world.webhooks.stop();
    await api.apply(post(4, { id: '1001' }), person('105'));
    receiver.state.manner = 'well';
    api.world = await api.world.restart();
    api.world.clock.advance(1_000);
    await told();
    assert.deepEqual(
      take()
        .map((one) => one.tweet_create_events[0].id_str)
        .sort(),
      ['1000', '1001'],
    );
    assert.deepEqual(deliveries(), { calls: 2, posts: 2, billed: 2 });
    await told();
    assert.deepEqual(take(), []);
  });
});
