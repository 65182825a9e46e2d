import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { runs } from '#test/runs';
import { type Api, apiWorld, type Json, person, post, untilSuiteEnds } from './api.ts';
import { forbidden } from './forbidden.ts';
import { openReader } from './reader.ts';

/** Bodies of POST /2/tweets that are refused with 400, and what the words name. */
const REFUSED: [body: unknown, words: string][] = [
  [undefined, '$: undefined found, object expected'],
  [null, '$: null found'],
  [[], '$: array found'],
  ['text', '$: string found'],
  [{}, 'has `text`, media, or both'],
  [{ text: '' }, 'has `text`, media, or both'],
  [{ text: ' \n ' }, 'has `text`, media, or both'],
  [{ text: 1 }, '$.text: integer found, string expected'],
  [{ text: null }, '$.text: null found'],
  [{ text: 'a\ufffe' }, 'no character of Unicode'],
  [{ text: 'x', status: 'y' }, '$.status: is not defined in the schema'],
  [{ text: 'x', reply: {} }, '$.reply.in_reply_to_tweet_id: is missing'],
  [{ text: 'x', reply: { in_reply_to_tweet_id: 'abc' } }, '$.reply.in_reply_to_tweet_id: does not match'],
  [{ text: 'x', reply: { in_reply_to_tweet_id: 1 } }, '$.reply.in_reply_to_tweet_id: integer found'],
  [{ text: 'x', reply: { in_reply_to_tweet_id: '1', in_reply_to_post_id: '2' } }, 'two posts'],
  [{ text: 'x', quote_tweet_id: '-1' }, '$.quote_tweet_id: does not match'],
  [{ text: 'x', media: {} }, '$.media.media_ids: is missing'],
  [{ text: 'x', media: { media_ids: [] } }, 'minimum of 1'],
  [{ text: 'x', media: { media_ids: ['1', '2', '3', '4', '5'] } }, 'maximum of 4'],
  [{ text: 'x', media: { media_ids: ['1'] } }, 'Media 1: this person has uploaded nothing with this id'],
  [{ text: 'x', media: { media_ids: ['1'], tagged_user_ids: Array(11).fill('1') } }, 'maximum of 10'],
  [
    { text: 'x', poll: { options: ['a'], duration_minutes: 5 } },
    '$.poll.options: there must be a minimum of 2',
  ],
  [{ text: 'x', poll: { options: ['a', 'b', 'c', 'd', 'e'], duration_minutes: 5 } }, 'maximum of 4'],
  [{ text: 'x', poll: { options: ['a', ''], duration_minutes: 5 } }, '$.poll.options[1]: must be at least 1'],
  [{ text: 'x', poll: { options: ['a', ' '], duration_minutes: 5 } }, '1 to 25 characters'],
  [
    { text: 'x', poll: { options: ['a', 'b'.repeat(26)], duration_minutes: 5 } },
    '$.poll.options[1]: may only be 25',
  ],
  [{ text: 'x', poll: { options: ['a', 'a '], duration_minutes: 5 } }, 'the same'],
  [{ text: 'x', poll: { options: ['a', 'b'], duration_minutes: 4 } }, 'minimum value of 5'],
  [{ text: 'x', poll: { options: ['a', 'b'], duration_minutes: 10_081 } }, 'maximum value of 10080'],
  [
    { text: 'x', poll: { options: ['a', 'b'], duration_minutes: 5.5 } },
    '$.poll.duration_minutes: number found',
  ],
  [{ text: 'x', poll: { options: ['a', 'b'] } }, '$.poll.duration_minutes: is missing'],
  [
    { text: 'x', poll: { options: ['a', 'b'], duration_minutes: 5 }, media: { media_ids: ['1'] } },
    'not both',
  ],
  [{ text: 'x', poll: { options: ['a', 'b'], duration_minutes: 5 }, quote_tweet_id: '1' }, 'not both'],
  [{ text: 'x', reply_settings: 'nobody' }, '$.reply_settings: does not have a value in the enumeration'],
  [{ text: 'x', geo: { place_id: '5a110d312052166f' } }, 'There is no place 5a110d312052166f'],
  [{ text: 'x', edit_options: {} }, '$.edit_options.previous_post_id: is missing'],
  [
    { text: 'x', edit_options: { previous_post_id: '1' }, quote_tweet_id: '1' },
    'An edit changes words and media',
  ],
  [{ text: 'x', community_id: '1' }, '$.community_id: this network does not have communities'],
  [{ text: 'x', nullcast: true }, '$.nullcast: this network does not have promoted posts'],
  [{ text: 'x', direct_message_deep_link: 'https://x' }, '$.direct_message_deep_link'],
  [{ text: 'x', made_with_ai: true }, '$.made_with_ai'],
  [{ text: 'x', constructor: 1 }, '$.constructor: is not defined'],
  ['{"text":"x","__proto__":{"reply":1}}', '$.__proto__: is not defined'],
];

describe('bodies of writing', () => {
  let api: Api;
  let app: Awaited<ReturnType<Api['app']>>;
  let alice: { bearerToken: string };
  const until = untilSuiteEnds();

  before(async () => {
    api = await apiWorld(until);
    app = await api.app({ plan: 'enterprise-50m' });
    alice = api.person(app, '101');
    await api.apply(person('101', { username: 'alice' }), person('102', { username: 'bob' }), post(60));
  });
  /** A window of its own for each request: thousands come here. */
  const write = (body: unknown) => {
    api.world.clock.advance(900_000);
    return api.send('POST', alice, '/2/tweets', body);
  };

  test('each mistake is a 400 that names its place; nothing is written', async () => {
    const { posts } = api.world.posts.size();
    for (const [body, words] of REFUSED) {
      const reply = await write(
        typeof body === 'object' || body === undefined ? body : body === 'text' ? '"text"' : body,
      );
      const where = `${JSON.stringify(body)} → ${reply.text}`;
      assert.equal(reply.status, 400, where);
      const said = [reply.json.detail, ...(reply.json.errors ?? []).map((one: Json) => one.message)].join(
        '\n',
      );
      assert.ok(said.includes(words), where);
    }
    assert.equal(api.world.posts.size().posts, posts);
  });

  test('`false` for what this network does not have is what it has', async () => {
    const reply = await write({
      text: 'plain',
      nullcast: false,
      made_with_ai: false,
      for_super_followers_only: false,
    });
    assert.equal(reply.status, 201, reply.text);
    forbidden(await write({ text: 'paid', for_super_followers_only: true }), 'no-subscriptions');
  });

  test('both dialects are taken, and the answer is in the one that was asked in', async () => {
    const { id } = (await write({ text: 'to quote' })).json.data;
    const newer = await write({ text: 'newer', quote_post_id: id });
    assert.deepEqual(Object.keys(newer.json.data), ['edit_history_post_ids', 'id', 'text']);
    for (const body of [{ tweet_id: id }, { post_id: id }]) {
      const reply = await api.send('POST', alice, '/2/users/101/likes', body);
      assert.deepEqual(reply.json, { data: { liked: true } });
    }
    for (const body of [{}, { tweet_id: id, post_id: '1' }, { tweet_id: 'x' }, { tweet_id: id, more: 1 }, []])
      assert.equal(
        (await api.send('POST', alice, '/2/users/101/likes', body)).status,
        400,
        JSON.stringify(body),
      );
  });

  test('no body is a mistake of ours, whatever it holds', async () => {
    const words = fc.constantFrom(
      ...[
        'text',
        'reply',
        'media',
        'poll',
        'options',
        'media_ids',
        'in_reply_to_tweet_id',
        'edit_options',
        '__proto__',
      ],
      ...[
        'previous_post_id',
        'quote_tweet_id',
        'geo',
        'place_id',
        'duration_minutes',
        'reply_settings',
        'x',
        '',
      ],
    );
    const leaf = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('1', '101', null, true, 1e308, -0),
      fc.integer(),
    );
    const { node } = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('node'), { maxLength: 5 }),
        fc.dictionary(words, tie('node')),
      ),
    }));
    const body = fc.oneof(node, fc.dictionary(words, node));
    await fc.assert(
      fc.asyncProperty(body, async (given) => {
        api.world.clock.advance(900_000);
        const { statusCode, body: said } = await api.server.inject({
          method: 'POST',
          url: '/2/tweets',
          headers: { authorization: `Bearer ${alice.bearerToken}` },
          payload: JSON.stringify(given),
        });
        assert.ok([201, 400, 403, 404].includes(statusCode), said);
      }),
      { numRuns: runs(300) },
    );
  });

  test('media that were uploaded are in the post, and another person’s are not', async () => {
    const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const upload = async (personId: string) => {
      const staged = await api.world.media.stage({ appId: app.appId, personId }, Readable.from([png]));
      return api.world.media.upload(personId, staged, { mediaType: 'image/png' });
    };
    const mine = await upload('101');
    const theirs = await upload('102');
    assert.equal((await write({ media: { media_ids: [theirs.id] } })).status, 400);
    const tagged = await write({ media: { media_ids: [mine.id], tagged_user_ids: ['102'] } });
    forbidden(tagged, 'no-tagged-persons');
    assert.match(tagged.json.detail, /leave out tagged_user_ids/);
    const reply = await write({ media: { media_ids: [mine.id], tagged_user_ids: [] } });
    assert.equal(reply.status, 201, reply.text);
    const { json } = await api.get(
      app,
      `/2/tweets/${reply.json.data.id}?expansions=attachments.media_keys&media.fields=url,type`,
    );
    assert.equal(json.includes.media[0].type, 'photo');
    assert.equal(json.includes.media[0].media_key, mine.mediaKey);
    assert.equal(api.world.media.status('101', mine.id).expiresAt, undefined, 'a post keeps it');
    assert.equal((await write({ text: 'again', media: { media_ids: [mine.id, mine.id] } })).status, 400);
  });

  test('a post reaches an open stream whose rule it matches', async (t) => {
    const base = await api.server.listen({ host: '127.0.0.1', port: 0 });
    await api.send('POST', app, '/2/tweets/search/stream/rules', { add: [{ value: 'espresso' }] });
    const reader = await openReader(base, '/2/tweets/search/stream', app.bearerToken);
    t.after(() => reader.cut());
    const { id } = (await write({ text: 'An espresso, please' })).json.data;
    const [line] = await reader.lines(1);
    assert.equal(line.data.id, id);
  });
});
