import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import sharp from 'sharp';
import { ApiResponseError, EUploadMimeType, TwitterApi } from 'twitter-api-v2';
import { makeId } from '#kernel';
import { OPERATOR } from '#terms';
import { person, post } from '../contract/api.ts';
import { agentTo, serveAsX } from './x-hosts.ts';

/** The client that most apps use, for a person: once with signed requests (OAuth 1.0a), once with a bearer (OAuth 2.0). */
for (const kind of ['OAuth 1.0a', 'OAuth 2.0'] as const) {
  describe(`twitter-api-v2, for a person by ${kind}`, () => {
    test('writes, likes, reposts, follows and takes it back', async (t) => {
      const { client, ids } = await connect(t, kind);
      const { data: me } = await client.v2.me();
      assert.equal(me.username, 'alice');
      const made = await client.v2.tweet('a first post');
      const thread = await client.v2.reply('an answer', made.data.id);
      await client.v2.quote('look at this', made.data.id);
      const tree = await client.v2.tweets([made.data.id, thread.data.id], {
        'tweet.fields': ['referenced_tweets', 'public_metrics'],
      });
      assert.equal(tree.data[1]?.referenced_tweets?.[0]?.id, made.data.id);
      const counted = tree.data[0]?.public_metrics;
      assert.deepEqual([counted?.reply_count, counted?.quote_count], [1, 1]);
      await assert.rejects(client.v2.tweet('a first post'), isRefusal(403));

      assert.equal((await client.v2.like(me.id, ids.theirs)).data.liked, true);
      assert.deepEqual(
        (await client.v2.userLikedTweets(me.id)).tweets.map(({ id }) => id),
        [ids.theirs],
      );
      assert.equal((await client.v2.retweet(me.id, ids.theirs)).data.retweeted, true);
      assert.deepEqual(
        (await client.v2.tweetRetweetedBy(ids.theirs)).data.map(({ id }) => id),
        [me.id],
      );
      assert.equal((await client.v2.unretweet(me.id, ids.theirs)).data.retweeted, false);
      assert.equal((await client.v2.unlike(me.id, ids.theirs)).data.liked, false);
      assert.equal((await client.v2.follow(me.id, ids.bob)).data.following, true);
      const following = await client.v2.following(me.id, { asPaginator: true, max_results: 5 });
      assert.deepEqual(
        following.users.map(({ id }) => id),
        [ids.bob],
      );
      assert.equal((await client.v2.mute(me.id, ids.bob)).data.muting, true);
      assert.equal((await client.v2.unfollow(me.id, ids.bob)).data.following, false);
      if (kind === 'OAuth 2.0') {
        assert.equal((await client.v2.bookmark(ids.theirs)).data.bookmarked, true);
        assert.deepEqual(
          (await client.v2.bookmarks()).tweets.map(({ id }) => id),
          [ids.theirs],
        );
      }
      assert.equal((await client.v2.deleteTweet(made.data.id)).data.deleted, true);
      await assert.rejects(client.v2.deleteTweet(ids.theirs), isRefusal(403));
    });

    test('keeps a list, writes messages, uploads a picture', async (t) => {
      const { client, ids } = await connect(t, kind);
      const list = await client.v2.createList({ name: 'friends', private: true });
      await client.v2.addListMember(list.data.id, ids.bob);
      const posts = await client.v2.listTweets(list.data.id);
      assert.deepEqual(
        posts.tweets.map(({ id }) => id),
        [ids.theirs],
      );
      assert.equal((await client.v2.removeList(list.data.id)).data.deleted, true);

      // Its types leave out the `data` that X's answer has.
      const { data: sent } = (await client.v2.sendDmToParticipant(ids.bob, { text: 'hello' })) as unknown as {
        data: { dm_conversation_id: string; dm_event_id: string };
      };
      const events = await client.v2.listDmEventsOfConversation(sent.dm_conversation_id);
      assert.deepEqual(
        events.events.map(({ id }) => id),
        [sent.dm_event_id],
      );

      const picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#205090' } })
        .png()
        .toBuffer();
      const mediaId = await client.v2.uploadMedia(picture, { media_type: EUploadMimeType.Png });
      const shown = await client.v2.tweet('a picture', { media: { media_ids: [mediaId] } });
      const found = await client.v2.singleTweet(shown.data.id, {
        expansions: ['attachments.media_keys'],
        'media.fields': ['url', 'width'],
      });
      assert.equal(found.includes?.media?.[0]?.width, 8);
      if (kind === 'OAuth 1.0a')
        assert.match(await client.v1.uploadMedia(picture, { mimeType: 'image/png' }), /^\d+$/);
    });
  });
}

function isRefusal(status: number) {
  return (error: unknown) => error instanceof ApiResponseError && error.code === status;
}

async function connect(t: TestContext, kind: 'OAuth 1.0a' | 'OAuth 2.0') {
  // Signatures carry the time of the client's own clock.
  const served = await serveAsX(t, Date.now());
  const { world } = served;
  const httpAgent = agentTo(served);
  const createdAt = world.clock.now() - 60_000;
  const theirs = makeId(createdAt, 1);
  await world.writer.apply([
    person('101', { username: 'alice' }),
    person('102', { username: 'bob' }),
    post(60, { id: theirs, createdAt, authorId: '102' }),
  ]);
  const { licenseeId } = await world.terms.addLicensee('Example Ads');
  const app = await world.terms.addApp(OPERATOR, { licenseeId, plan: 'pro' });
  const { oauth1, oauth2 } = world.access.persons.giveOwnTokens(app.appId, '101');
  const signed = {
    appKey: app.consumerKey,
    appSecret: app.consumerSecret,
    accessToken: oauth1.token,
    accessSecret: oauth1.secret,
  };
  const client =
    kind === 'OAuth 1.0a'
      ? new TwitterApi(signed, { httpAgent })
      : new TwitterApi(oauth2.accessToken, { httpAgent });
  return { world, client, app, ids: { bob: '102', theirs } };
}
