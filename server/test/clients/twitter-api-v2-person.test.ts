import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import sharp from 'sharp';
import { ApiResponseError, EUploadMimeType, TwitterApi } from 'twitter-api-v2';
import { makeId } from '#kernel';
import { OPERATOR } from '#terms';
import { person, post, untilSuiteEnds } from '../contract/api.ts';
import { agentTo, type Served, serveAsX } from './x-hosts.ts';

const until = untilSuiteEnds();
let served: Served;
let groups = 0;
before(async () => {
  // Signatures carry the time of the client's own clock.
  served = await serveAsX(until, Date.now());
});

const idsOf = (things: readonly { id: string }[] | undefined) => (things ?? []).map(({ id }) => id);

/** The client that most apps use, for a person: once with signed requests (OAuth 1.0a), once with a bearer (OAuth 2.0). */
for (const kind of ['OAuth 1.0a', 'OAuth 2.0'] as const) {
  describe(`twitter-api-v2, for a person by ${kind}`, () => {
    test('writes, answers, quotes, asks in a poll, hides a reply, and deletes what is its own', async () => {
      const { client, bob, me, ids } = await connect(kind);
      const { data: self } = await client.v2.me();
      assert.equal(self.id, me);
      assert.deepEqual((await client.currentUser()).id_str, me);
      const older = await client.v1.verifyCredentials({ include_email: true, skip_status: true });
      assert.deepEqual([older.screen_name, older.email], [self.username, null]);
      const made = await client.v2.tweet('a first post');
      const reply = await bob.v2.reply('an answer', made.data.id);
      await client.v2.quote('look at this', made.data.id);
      const tree = await client.v2.tweets([made.data.id, reply.data.id], {
        'tweet.fields': ['referenced_tweets', 'public_metrics'],
      });
      assert.equal(tree.data[1]?.referenced_tweets?.[0]?.id, made.data.id);
      const counted = tree.data[0]?.public_metrics;
      assert.deepEqual([counted?.reply_count, counted?.quote_count], [1, 1]);
      await assert.rejects(client.v2.tweet('a first post'), isRefusal(403));
      assert.equal((await client.v2.hideReply(reply.data.id, true)).data.hidden, true);
      assert.equal((await client.v2.hideReply(reply.data.id, false)).data.hidden, false);

      const thread = await client.v2.tweetThread([
        'one',
        'two',
        { text: 'three', reply_settings: 'following' },
      ]);
      const last = await client.v2.singleTweet(thread[2]!.data.id, {
        'tweet.fields': ['conversation_id', 'reply_settings'],
      });
      assert.equal(last.data.conversation_id, thread[0]?.data.id);
      assert.equal(last.data.reply_settings, 'following');
      const poll = { duration_minutes: 60, options: ['tea', 'coffee'] };
      const asked = await client.v2.tweet('which?', { poll });
      const shown = await client.v2.singleTweet(asked.data.id, { expansions: ['attachments.poll_ids'] });
      assert.deepEqual(
        shown.includes?.polls?.[0]?.options.map(({ label }) => label),
        poll.options,
      );
      assert.equal((await client.v2.deleteTweet(made.data.id)).data.deleted, true);
      assert.equal((await client.v2.singleTweet(made.data.id)).errors?.[0]?.title, 'Not Found Error');
      await assert.rejects(client.v2.deleteTweet(ids.theirs), isRefusal(403));
    });

    test('likes, reposts, bookmarks, follows, mutes and blocks, reads it, and takes it back', async () => {
      const { client, me, ids } = await connect(kind);
      assert.equal((await client.v2.like(me, ids.theirs)).data.liked, true);
      assert.deepEqual(idsOf((await client.v2.userLikedTweets(me)).tweets), [ids.theirs]);
      assert.equal((await client.v2.retweet(me, ids.theirs)).data.retweeted, true);
      assert.deepEqual(idsOf((await client.v2.tweetRetweetedBy(ids.theirs)).data), [me]);
      assert.equal((await client.v2.unretweet(me, ids.theirs)).data.retweeted, false);
      assert.equal((await client.v2.unlike(me, ids.theirs)).data.liked, false);
      assert.equal((await client.v2.userLikedTweets(me)).tweets.length, 0);
      if (kind === 'OAuth 2.0') {
        assert.equal((await client.v2.bookmark(ids.theirs)).data.bookmarked, true);
        assert.deepEqual(idsOf((await client.v2.bookmarks()).tweets), [ids.theirs]);
        assert.equal((await client.v2.deleteBookmark(ids.theirs)).data.bookmarked, false);
      } else await assert.rejects(client.v2.bookmark(ids.theirs), isRefusal(403));

      assert.equal((await client.v2.follow(me, ids.bob)).data.following, true);
      const following = await client.v2.following(me, { asPaginator: true, max_results: 5 });
      assert.deepEqual(idsOf(following.users), [ids.bob]);
      assert.deepEqual(idsOf((await client.v2.homeTimeline()).tweets), [ids.theirs]);
      assert.equal((await client.v2.mute(me, ids.bob)).data.muting, true);
      assert.deepEqual(idsOf((await client.v2.userMutingUsers(me)).users), [ids.bob]);
      assert.equal((await client.v2.homeTimeline()).tweets.length, 0);
      assert.equal((await client.v2.unmute(me, ids.bob)).data.muting, false);
      assert.equal((await client.v2.unfollow(me, ids.bob)).data.following, false);
      assert.equal((await client.v2.block(me, ids.bob)).data.blocking, true);
      assert.deepEqual(idsOf((await client.v2.userBlockingUsers(me)).users), [ids.bob]);
      await assert.rejects(client.v2.follow(me, ids.bob), isRefusal(403));
      assert.equal((await client.v2.unblock(me, ids.bob)).data.blocking, false);
    });

    test('keeps a private list, follows a public one, pins both', async () => {
      const { client, bob, me, ids } = await connect(kind);
      const { data: own } = await client.v2.createList({ name: 'friends', private: true });
      assert.equal((await client.v2.addListMember(own.id, ids.bob)).data.is_member, true);
      assert.deepEqual(idsOf((await client.v2.listTweets(own.id)).tweets), [ids.theirs]);
      assert.equal((await client.v2.updateList(own.id, { name: 'old friends' })).data.updated, true);
      assert.deepEqual(idsOf((await client.v2.listMembers(own.id)).users), [ids.bob]);
      assert.equal((await bob.v2.listMembers(own.id)).users.length, 0, 'a private list is nobody else’s');

      const { data: theirs } = await bob.v2.createList({ name: 'news' });
      assert.equal((await client.v2.subscribeToList(me, theirs.id)).data.following, true);
      assert.deepEqual(idsOf((await client.v2.listFollowers(theirs.id)).users), [me]);
      assert.deepEqual(idsOf((await client.v2.listFollowed(me)).lists), [theirs.id]);
      for (const id of [own.id, theirs.id]) {
        assert.equal((await client.v2.pinList(me, id)).data.pinned, true);
        assert.equal((await client.v2.unpinList(me, id)).data.pinned, false);
      }
      assert.equal((await client.v2.unsubscribeOfList(me, theirs.id)).data.following, false);
      assert.equal((await client.v2.removeListMember(own.id, ids.bob)).data.is_member, false);
      assert.deepEqual(idsOf((await client.v2.listsOwned(me)).lists), [own.id]);
      assert.equal((await client.v2.removeList(own.id)).data.deleted, true);
      await assert.rejects(client.v2.removeList(theirs.id), isRefusal(403));
    });

    test('writes to one and to a group, and both read it', async () => {
      const { client, bob, me, ids } = await connect(kind);
      const sent = dataOf(await client.v2.sendDmToParticipant(ids.bob, { text: 'hello' }));
      dataOf(await bob.v2.sendDmInConversation(sent.dm_conversation_id, { text: 'hi' }));
      for (const events of [
        await client.v2.listDmEventsOfConversation(sent.dm_conversation_id),
        await client.v2.listDmEventsWithParticipant(ids.bob),
        await bob.v2.listDmEventsWithParticipant(me),
      ])
        assert.deepEqual(
          events.events.map((event) => 'text' in event && event.text),
          ['hi', 'hello'],
        );
      const group = dataOf(
        await client.v2.createDmConversation({
          conversation_type: 'Group',
          participant_ids: [ids.bob, ids.carol],
          message: { text: 'all' },
        }),
      );
      const page = await bob.v2.listDmEvents({ max_results: 1, event_types: ['MessageCreate'] });
      assert.deepEqual(idsOf(page.events), [group.dm_event_id]);
      await page.fetchLast(50);
      assert.equal(page.events.length, 3);
    });

    test('uploads pictures in pieces, describes them, and shows them', async () => {
      const { client } = await connect(kind);
      const field = (background: string) =>
        sharp({ create: { width: 80, height: 40, channels: 3, background } })
          .png({ compressionLevel: 0 })
          .toBuffer();
      const png = await field('#205090');
      const frames = [png, await field('#ffffff')];
      const gif = await sharp(frames, { join: { animated: true } })
        .gif()
        .toBuffer();
      const options = { media_type: EUploadMimeType.Png } as const;
      const pieces = [
        await client.v2.uploadMedia(png, options),
        await client.v2.uploadMedia(png, options, 1_000),
        await client.v2.uploadMedia(gif, { media_type: EUploadMimeType.Gif }),
      ];
      await client.v2.createMediaMetadata(pieces[0]!, { alt_text: { text: 'a blue field' } });
      if (kind === 'OAuth 1.0a') {
        pieces.push(await client.v1.uploadMedia(png, { mimeType: 'image/png', chunkLength: 1_000 }));
        await client.v1.createMediaMetadata(pieces[3]!, { alt_text: { text: 'another one' } });
      }
      const found = [];
      for (const id of pieces) {
        const { data } = await client.v2.tweet(`picture ${id}`, { media: { media_ids: [id] } });
        const shown = await client.v2.singleTweet(data.id, {
          expansions: ['attachments.media_keys'],
          'media.fields': ['alt_text', 'url', 'width', 'type'],
        });
        found.push(shown.includes?.media?.[0]);
      }
      assert.deepEqual(
        found.map((media) => [media?.type, media?.width, media?.alt_text]),
        [
          ['photo', 80, 'a blue field'],
          ['photo', 80, undefined],
          ['animated_gif', 80, undefined],
          ['photo', 80, 'another one'],
        ].slice(0, pieces.length),
      );
      await assert.rejects(client.v2.uploadMedia(Buffer.from('no picture'), options), isRefusal(400));
    });
  });
}

function isRefusal(status: number) {
  return (error: unknown) => error instanceof ApiResponseError && error.code === status;
}

/** Its types leave out the `data` that X's answer has. */
function dataOf(answer: unknown): { dm_conversation_id: string; dm_event_id: string } {
  return (answer as { data: { dm_conversation_id: string; dm_event_id: string } }).data;
}

/** Three persons of its own, and the first two's clients. */
async function connect(kind: 'OAuth 1.0a' | 'OAuth 2.0') {
  const { world } = served;
  const httpAgent = agentTo(served);
  groups += 1;
  const [me, bob, carol] = ['1', '2', '3'].map((last) => `${1_000 + groups}${last}`) as [
    string,
    string,
    string,
  ];
  const createdAt = world.clock.now() - 60_000;
  const theirs = makeId(createdAt, groups);
  await world.writer.apply([
    ...[me, bob, carol].map((id) => person(id)),
    post(60, { id: theirs, createdAt, authorId: bob }),
  ]);
  const { licenseeId } = await world.terms.addLicensee(`Example Ads ${groups}`);
  const app = await world.terms.addApp(OPERATOR, { licenseeId, plan: 'pro' });
  const clientOf = (id: string) => {
    const { oauth1, oauth2 } = world.access.persons.giveOwnTokens(app.appId, id);
    const signed = {
      appKey: app.consumerKey,
      appSecret: app.consumerSecret,
      accessToken: oauth1.token,
      accessSecret: oauth1.secret,
    };
    return kind === 'OAuth 1.0a'
      ? new TwitterApi(signed, { httpAgent })
      : new TwitterApi(oauth2.accessToken, { httpAgent });
  };
  return { client: clientOf(me), bob: clientOf(bob), me, ids: { bob, carol, theirs } };
}
