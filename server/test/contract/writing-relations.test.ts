import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { type Api, apiWorld, idAgo, type Json, person, post, untilSuiteEnds } from './api.ts';
import { forbidden } from './forbidden.ts';

describe('what persons do', () => {
  let api: Api;
  let app: Awaited<ReturnType<Api['app']>>;
  let alice: { bearerToken: string };
  let bob: { bearerToken: string };
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
  });

  test('likes, reposts, bookmarks begin once and end once; counts follow; what ends on nothing changes nothing', async () => {
    const id = await create(bob, { text: `liked a lot ${'x'.repeat(200)}` });
    const twice = async (method: 'POST' | 'DELETE', url: string, body: object | undefined, data: object) => {
      for (let time = 0; time < 2; time += 1) {
        const reply = await api.send(method, alice, url, body);
        assert.equal(reply.status, 200, reply.text);
        assert.deepEqual(reply.json.data, { ...reply.json.data, ...data });
      }
    };
    await twice('POST', '/2/users/101/likes', { tweet_id: id }, { liked: true });
    await twice('POST', '/2/users/101/retweets', { tweet_id: id }, { retweeted: true });
    await twice('POST', '/2/users/101/bookmarks', { tweet_id: id }, { bookmarked: true });
    const counts = async () => (await get(id)).data.public_metrics;
    const { like_count, retweet_count, bookmark_count } = await counts();
    assert.deepEqual([like_count, retweet_count, bookmark_count], [1, 1, 1]);
    const [repost] = (await api.get(app, '/2/users/101/tweets?tweet.fields=referenced_tweets')).json.data;
    assert.ok(repost.text.startsWith('RT @bob: liked a lot') && [...repost.text].length === 140);
    assert.deepEqual(repost.referenced_tweets, [{ type: 'retweeted', id }]);
    // A like of the repost is one of its original, which is liked already.
    await twice('POST', '/2/users/101/likes', { tweet_id: repost.id }, { liked: true });
    await twice('DELETE', `/2/users/101/likes/${id}`, undefined, { liked: false });
    await twice('DELETE', `/2/users/101/retweets/${id}`, undefined, { retweeted: false });
    await twice('DELETE', `/2/users/101/bookmarks/${id}`, undefined, { bookmarked: false });
    const after = await counts();
    assert.deepEqual([after.like_count, after.retweet_count, after.bookmark_count], [0, 0, 0]);
    assert.equal((await api.send('POST', alice, '/2/users/101/likes', { tweet_id: '999' })).status, 404);
  });

  test('follows, mutes and blocks; nobody does them to themself or to who is not there', async () => {
    await api.apply(person('120', { username: 'carol' }));
    const kinds: [string, string][] = [
      ['following', 'following'],
      ['muting', 'muting'],
      ['blocking', 'blocking'],
    ];
    for (const [path, word] of kinds) {
      for (let time = 0; time < 2; time += 1) {
        const reply = await api.send('POST', alice, `/2/users/101/${path}`, { target_user_id: '120' });
        assert.equal(reply.json.data?.[word], true, reply.text);
      }
      forbidden(await api.send('POST', alice, `/2/users/101/${path}`, { target_user_id: '101' }), 'self');
      for (const target_user_id of ['999', '104'])
        assert.equal((await api.send('POST', alice, `/2/users/101/${path}`, { target_user_id })).status, 404);
    }
    // The block ended the follow.
    assert.equal(api.world.posts.isRelated('follow', '101', '120'), false);
    for (const [path, word] of kinds) {
      const reply = await api.send('DELETE', alice, `/2/users/101/${path}/120`);
      assert.deepEqual(reply.json, { data: { [word]: false } });
    }
  });

  test('to follow somebody protected is a request that waits until it is granted, withdrawn or turned down', async () => {
    await api.apply(person('130', { username: 'shy', protected: true }), person('131', { username: 'dora' }));
    const dora = api.person(app, '131');
    const follow = async () =>
      (await api.send('POST', dora, '/2/users/131/following', { target_user_id: '130' })).json.data;
    assert.deepEqual(await follow(), { following: false, pending_follow: true });
    assert.deepEqual(await follow(), { following: false, pending_follow: true });
    const asked = () => api.world.network.followRequests().map(({ from, to }) => `${from} ${to}`);
    assert.deepEqual(asked(), ['131 130']);
    await api.send('DELETE', dora, '/2/users/131/following/130');
    assert.deepEqual(asked(), []);
    await follow();
    await api.world.network.answerRequest('131', '130', true);
    assert.deepEqual(await follow(), { following: true, pending_follow: false });
    assert.deepEqual(asked(), []);
    await assert.rejects(api.world.network.answerRequest('131', '130', false), { code: 'not-found' });
  });

  test('a reply is hidden by who began the conversation, and by nobody else', async () => {
    const first = await create(alice, { text: 'a conversation' });
    const reply = await create(bob, { text: 'unkind', reply: { in_reply_to_tweet_id: first } });
    const hide = (who: typeof alice, id: string, hidden: unknown = true) =>
      api.send('PUT', who, `/2/tweets/${id}/hidden`, { hidden });
    forbidden(await hide(bob, reply), 'not-conversation-author');
    forbidden(await hide(alice, first), 'not-a-reply');
    assert.deepEqual((await hide(alice, reply)).json, { data: { hidden: true } });
    assert.equal(api.world.posts.isHidden(reply), true);
    assert.deepEqual((await hide(alice, reply, false)).json, { data: { hidden: false } });
    assert.equal((await hide(alice, reply, 'yes')).status, 400);
    assert.equal((await hide(alice, '999')).status, 404);
  });

  test('who is suspended or unknown does nothing', async () => {
    for (const id of ['104', '999'])
      forbidden(await write(api.person(app, id), { text: 'I am here' }), 'account-closed');
  });

  test('a dry run tells what the network would refuse, and does nothing', async () => {
    const size = api.world.posts.size().posts;
    const dry = { 'parley-dry-run': '1' };
    const good = await write(alice, { text: 'only to know' }, dry);
    assert.equal(good.status, 200);
    assert.equal(good.json.dry_run.operation, 'createPosts');
    await create(alice, { text: 'said before' });
    forbidden(await write(alice, { text: 'said before' }, dry), 'duplicate-content');
    assert.equal(api.world.posts.size().posts, size + 1);
  });

  test('an app’s own key, a token without the right, and another person’s id are refused', async () => {
    const reply = await write(app, { text: 'as an app' });
    assert.equal(reply.status, 403);
    assert.match(
      reply.json.detail,
      /Supported authentication types are \[OAuth 1\.0a User Context, OAuth 2\.0 User Context\]/,
    );
    const reader = api.person(app, '101', { scopes: ['tweet.read', 'users.read'] });
    assert.equal((await write(reader, { text: 'without the right' })).status, 403);
    assert.equal((await api.send('POST', alice, '/2/users/102/likes', { tweet_id: '1' })).status, 400);
    assert.equal((await api.send('DELETE', alice, '/2/users/102/following/101')).status, 400);
  });

  test('what was written is there after a restart', async (t) => {
    const own = await apiWorld(t);
    const ownApp = await own.app();
    await own.apply(
      person('1', { username: 'alice' }),
      person('2', { username: 'bob' }),
      post(5, { id: idAgo(5), authorId: '2' }),
    );
    const who = own.person(ownApp, '1');
    const { id } = (await own.send('POST', who, '/2/tweets', { text: 'to stay' })).json.data;
    await own.send('POST', who, '/2/users/1/likes', { tweet_id: idAgo(5) });
    await own.send('POST', who, '/2/users/1/following', { target_user_id: '2' });
    const world = await own.world.restart();
    assert.equal((world.posts.posts([id])[0] as { text: string }).text, 'to stay');
    assert.ok(world.posts.isRelated('like', '1', idAgo(5)) && world.posts.isRelated('follow', '1', '2'));
    // A clock that ran back meanwhile gives no id twice.
    world.clock.advance(-3_600_000);
    const again = await world.network.act('1', { kind: 'create-post', text: 'an hour before' });
    assert.notEqual(again.postId, id);
  });

  test('nothing of it was a mistake of ours', () => assert.deepEqual(api.mistakes, []));
});
