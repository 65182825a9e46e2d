import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { idTime } from '#kernel';
import { type Api, apiWorld, type Json, person, untilSuiteEnds } from './api.ts';
import { forbidden } from './forbidden.ts';

describe('writing posts', () => {
  let api: Api;
  let app: Awaited<ReturnType<Api['app']>>;
  let alice: { bearerToken: string };
  let bob: { bearerToken: string };
  let eve: { bearerToken: string };
  const until = untilSuiteEnds();
  const write = (who: { bearerToken: string }, body: object, headers = {}) =>
    api.send('POST', who, '/2/tweets', body, headers);
  const create = async (who: { bearerToken: string }, body: object): Promise<string> => {
    const reply = await write(who, body);
    assert.equal(reply.status, 201, reply.text);
    return reply.json.data.id;
  };
  const fields =
    'tweet.fields=author_id,conversation_id,created_at,display_text_range,edit_controls,entities,in_reply_to_user_id,lang,public_metrics,referenced_tweets,reply_settings,source,geo,attachments&expansions=attachments.poll_ids&poll.fields=duration_minutes,end_datetime,voting_status';
  const get = async (id: string): Promise<Json> => (await api.get(app, `/2/tweets/${id}?${fields}`)).json;

  before(async () => {
    api = await apiWorld(until);
    app = await api.app({ name: 'Chirper' } as object);
    await api.apply(
      person('101', { username: 'alice', metrics: { followers: 0, following: 0, posts: 0, listed: 0 } }),
      person('102', { username: 'bob', verified: true, verifiedType: 'blue' }),
      person('103', { username: 'eve', protected: true }),
      person('104', { username: 'mallory', state: 'suspended' }),
    );
    alice = api.person(app, '101');
    bob = api.person(app, '102');
    eve = api.person(app, '103');
  });

  test('a post is answered in X’s shape and found by look-up, timeline and search at once', async () => {
    const reply = await write(alice, { text: '  Hello #world, @bob! https://example.com/a  ' });
    assert.equal(reply.status, 201);
    const { id } = reply.json.data;
    assert.deepEqual(reply.json, {
      data: { edit_history_tweet_ids: [id], id, text: 'Hello #world, @bob! https://example.com/a' },
    });
    assert.equal(reply.headers['x-access-level'], 'read-write-directmessages');
    assert.equal(reply.headers['parley-posts'], '0/0');
    assert.equal(idTime(id), api.world.clock.now());
    const { data } = await get(id);
    assert.equal(data.author_id, '101');
    assert.equal(data.source, 'Chirper');
    assert.equal(data.lang, 'und');
    assert.equal(data.conversation_id, id);
    assert.deepEqual(data.public_metrics.like_count, 0);
    assert.equal(data.entities.hashtags[0].tag, 'world');
    assert.equal(data.entities.mentions[0].username, 'bob');
    assert.equal(data.entities.urls[0].expanded_url, 'https://example.com/a');
    const timeline = await api.get(app, '/2/users/101/tweets');
    assert.equal(timeline.json.data[0].id, id);
    const mentions = await api.get(app, '/2/users/102/mentions');
    assert.equal(mentions.json.data[0].id, id);
    api.world.clock.advance(11_000);
    const end = new Date(api.world.clock.now() - 10_000).toISOString();
    const found = await api.get(app, `/2/tweets/search/recent?query=%23world&end_time=${end}`);
    assert.deepEqual(
      found.json.data.map((one: Json) => one.id),
      [id],
    );
    const author = await api.get(app, '/2/users/101?user.fields=public_metrics,most_recent_tweet_id');
    assert.equal(author.json.data.public_metrics.tweet_count, 1);
    assert.equal(author.json.data.most_recent_tweet_id, id);
  });

  test('the same words again are refused for a day, as X does, and another person may say them', async () => {
    await create(alice, { text: 'Good morning' });
    forbidden(
      await write(alice, { text: 'Good morning ' }),
      'duplicate-content',
      'You are not allowed to create a Tweet with duplicate content.',
    );
    await create(bob, { text: 'Good morning' });
    api.world.clock.advance(86_400_000);
    await create(alice, { text: 'Good morning' });
  });

  test('of twenty requests at once with the same words one makes a post', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => write(alice, { text: 'all at once' })));
    assert.deepEqual(all.map(({ status }) => status).sort(), [201, ...Array(19).fill(403)]);
  });

  test('a reply joins the conversation, names whom it answers and moves the counts', async () => {
    const first = await create(alice, { text: 'What do you think, @bob?' });
    const answer = await create(bob, { text: 'A lot', reply: { in_reply_to_tweet_id: first } });
    const { data } = await get(answer);
    assert.equal(data.text, '@alice A lot');
    assert.deepEqual(data.display_text_range, [7, 12]);
    assert.equal(data.conversation_id, first);
    assert.equal(data.in_reply_to_user_id, '101');
    assert.deepEqual(data.referenced_tweets, [{ type: 'replied_to', id: first }]);
    assert.equal((await get(first)).data.public_metrics.reply_count, 1);
    const third = await create(alice, {
      text: 'Thanks',
      reply: { in_reply_to_tweet_id: answer, exclude_reply_user_ids: ['102'] },
    });
    // Whom one answers cannot be left out.
    assert.equal((await get(third)).data.text, '@bob Thanks');
    const bare = await create(bob, {
      text: 'bare',
      reply: { in_reply_to_tweet_id: third, auto_populate_reply_metadata: false },
    });
    assert.equal((await get(bare)).data.text, 'bare');
  });

  test('who may answer is what the first post says, for its whole conversation', async () => {
    await api.apply(person('110', { username: 'fan' }), person('111', { username: 'named' }));
    const fan = api.person(app, '110');
    const named = api.person(app, '111');
    const answer = (who: typeof fan, to: string) =>
      write(who, { text: `answer ${Math.random()}`, reply: { in_reply_to_tweet_id: to } });
    const settings: [string, fan: number, followed: number, verified: number][] = [
      ['everyone', 201, 201, 201],
      ['mentionedUsers', 403, 403, 403],
      ['following', 403, 201, 403],
      ['subscribers', 403, 403, 403],
      ['verified', 403, 403, 201],
    ];
    for (const [reply_settings, ...expected] of settings) {
      const first = await create(alice, { text: `Only ${reply_settings} @named`, reply_settings });
      assert.equal((await get(first)).data.reply_settings, reply_settings);
      const inside = await create(named, {
        text: `in ${reply_settings}`,
        reply: { in_reply_to_tweet_id: first },
      });
      const statuses: number[] = [(await answer(fan, inside)).status];
      await api.send('POST', alice, '/2/users/101/following', { target_user_id: '110' });
      statuses.push((await answer(fan, first)).status);
      await api.send('DELETE', alice, '/2/users/101/following/110');
      statuses.push((await answer(bob, inside)).status);
      assert.deepEqual(statuses, expected, reply_settings);
      assert.equal((await answer(alice, inside)).status, 201);
    }
  });

  test('what is deleted, not visible, blocked or protected is not answered or quoted', async () => {
    const gone = await create(alice, { text: 'soon gone' });
    await api.send('DELETE', alice, `/2/tweets/${gone}`);
    const secret = await create(eve, { text: 'for followers' });
    const reason = 'You attempted to reply to a Tweet that is deleted or not visible to you.';
    for (const id of [gone, secret, '999'])
      forbidden(
        await write(alice, { text: 'x', reply: { in_reply_to_tweet_id: id } }),
        'not-visible',
        reason,
      );
    await api.apply({
      kind: 'relate',
      relation: 'follow',
      from: '101',
      to: '103',
      at: api.world.clock.now(),
    });
    await create(alice, { text: 'I follow you', reply: { in_reply_to_tweet_id: secret } });
    forbidden(await write(alice, { text: 'look', quote_tweet_id: secret }), 'protected-post');
    forbidden(await api.send('POST', alice, '/2/users/101/retweets', { tweet_id: secret }), 'protected-post');
    const open = await create(bob, { text: 'an open word' });
    await api.send('POST', bob, '/2/users/102/blocking', { target_user_id: '101' });
    for (const body of [{ reply: { in_reply_to_tweet_id: open } }, { quote_tweet_id: open }])
      forbidden(await write(alice, { text: 'but', ...body }), 'blocked-by');
    forbidden(await api.send('POST', alice, '/2/users/101/likes', { tweet_id: open }), 'blocked-by');
    forbidden(
      await api.send('POST', alice, '/2/users/101/following', { target_user_id: '102' }),
      'blocked-by',
    );
    forbidden(await api.send('POST', bob, '/2/users/102/following', { target_user_id: '101' }), 'blocking');
    await api.send('DELETE', bob, '/2/users/102/blocking/101');
    await create(alice, { text: 'but', quote_tweet_id: open });
  });

  test('a quote names what it quotes, and is counted there', async () => {
    const quoted = await create(bob, { text: 'worth a quote' });
    const id = await create(alice, { text: 'indeed', quote_tweet_id: quoted });
    assert.deepEqual((await get(id)).data.referenced_tweets, [{ type: 'quoted', id: quoted }]);
    assert.equal((await get(quoted)).data.public_metrics.quote_count, 1);
    const list = await api.get(app, `/2/tweets/${quoted}/quote_tweets`);
    assert.deepEqual(
      list.json.data.map((one: Json) => one.id),
      [id],
    );
  });

  test('a poll has its options and its end', async () => {
    const id = await create(alice, {
      text: 'Tea or coffee?',
      poll: { options: ['Tea', 'Coffee'], duration_minutes: 60 },
    });
    const { data, includes } = await get(id);
    const [poll] = includes.polls;
    assert.deepEqual(data.attachments.poll_ids, [poll.id]);
    assert.deepEqual(poll.options, [
      { position: 1, label: 'Tea', votes: 0 },
      { position: 2, label: 'Coffee', votes: 0 },
    ]);
    assert.equal(Date.parse(poll.end_datetime) - Date.parse(data.created_at), 3_600_000);
  });

  test('length is counted as X counts it: links 23, CJK and emoji 2; who is verified writes longer', async () => {
    const texts: [string, number][] = [
      ['a'.repeat(280), 201],
      ['b'.repeat(281), 403],
      ['字'.repeat(140), 201],
      ['文'.repeat(141), 403],
      [`${'c'.repeat(256)} https://example.com/${'x'.repeat(200)}`, 201],
      [`${'d'.repeat(257)} https://example.com/${'x'.repeat(200)}`, 403],
      ['👩‍👩‍👧‍👦'.repeat(140), 201],
      ['👩‍👩‍👧‍👦'.repeat(141), 403],
    ];
    for (const [text, status] of texts)
      assert.equal((await write(alice, { text })).status, status, text.slice(0, 20));
    const long = 'word '.repeat(1_000).trim();
    const id = await create(bob, { text: long });
    const { data } = (await api.get(app, `/2/tweets/${id}?tweet.fields=note_tweet`)).json;
    assert.equal(data.note_tweet.text, long);
    assert.ok(data.text.endsWith('…'));
    assert.equal((await write(bob, { text: 'w'.repeat(25_001) })).status, 400);
  });

  test('an edit is a new version within its time and number; the old one stays readable', async () => {
    const versions = [await create(alice, { text: 'version 0' })];
    for (let edit = 1; edit <= 5; edit += 1) {
      api.world.clock.advance(60_000);
      const reply = await write(alice, {
        text: `version ${edit}`,
        edit_options: { previous_post_id: versions.at(-1) },
      });
      assert.equal(reply.status, 201, reply.text);
      versions.push(reply.json.data.id);
      assert.deepEqual(reply.json.data.edit_history_tweet_ids, versions);
    }
    const edit = (id: string | undefined, text: string, who = alice) =>
      write(who, { text, edit_options: { previous_post_id: id } });
    forbidden(await edit(versions.at(-1), 'version 6'), 'edits-used-up');
    forbidden(await edit(versions[2], 'fork'), 'edit-not-newest');
    forbidden(await edit(versions.at(-1), 'theirs', bob), 'not-author');
    assert.equal((await edit('999', 'nothing')).status, 404);
    assert.equal((await get(versions[0]!)).data.text, 'version 0');
    const late = await create(alice, { text: 'late' });
    api.world.clock.advance(30 * 60_000 + 1);
    forbidden(await edit(late, 'too late'), 'edit-too-late');
    await api.send('DELETE', alice, `/2/tweets/${versions[3]}`);
    assert.ok((await get(versions[5]!)).errors, 'deleting one version deletes all');
  });

  test('only the author deletes, once is enough, and what was never there is not found', async () => {
    const id = await create(alice, { text: 'to be deleted' });
    forbidden(await api.send('DELETE', bob, `/2/tweets/${id}`), 'not-author');
    for (let time = 0; time < 2; time += 1) {
      const reply = await api.send('DELETE', alice, `/2/tweets/${id}`);
      assert.deepEqual([reply.status, reply.json], [200, { data: { deleted: true } }]);
    }
    assert.equal((await api.send('DELETE', alice, '/2/tweets/999')).status, 404);
    assert.ok((await get(id)).errors);
  });

  test('nothing of it was a mistake of ours', () => assert.deepEqual(api.mistakes, []));
});
