import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { type Api, apiWorld, EVERYTHING, idAgo, person, post, untilSuiteEnds } from './api.ts';

type App = Awaited<ReturnType<Api['app']>>;

describe('look-ups', () => {
  let api: Api;
  let app: App;
  const original = idAgo(500);
  const reply = idAgo(400);
  const repost = idAgo(300);
  const hidden = idAgo(200);

  const until = untilSuiteEnds();

  before(async () => {
    api = await apiWorld(until);
    app = await api.app();
    await api.apply(
      person('101', { username: 'Alice', name: 'Alice', pinnedPostId: original, description: 'hello' }),
      person('102', { username: 'bob' }),
      person('103', { username: 'carol', protected: true }),
      person('104', { username: 'dave', state: 'suspended' }),
      {
        kind: 'media',
        media: { mediaKey: '3_1', type: 'photo', url: 'https://example.com/1.jpg', altText: 'a cup' },
      },
      {
        kind: 'poll',
        poll: { id: '77', options: [{ position: 1, label: 'yes', votes: 3 }], votingStatus: 'open' },
      },
      { kind: 'place', place: { id: 'abc', fullName: 'Jakarta, Indonesia', countryCode: 'ID' } },
      post(500, { text: 'the original', mediaKeys: ['3_1'], pollIds: ['77'], geo: { placeId: 'abc' } }),
      post(400, {
        authorId: '102',
        text: 'hi @Alice',
        inReplyToPersonId: '101',
        references: [{ type: 'replied_to', id: original }],
        entities: { mentions: [{ start: 3, end: 9, username: 'Alice', id: '101' }] },
      }),
      post(300, {
        authorId: '102',
        text: 'RT @Alice: the original',
        references: [{ type: 'retweeted', id: original }],
      }),
      post(200, { authorId: '103', text: 'for friends' }),
    );
  });

  test('a post has exactly the default fields of X', async () => {
    const { status, json } = await api.get(app, `/2/tweets/${original}`);
    assert.equal(status, 200);
    assert.deepEqual(json, {
      data: { id: original, text: 'the original', edit_history_tweet_ids: [original] },
    });
  });

  test('the newer dialect is answered in the newer dialect', async () => {
    const { json } = await api.get(
      app,
      `/2/tweets/${reply}?post.fields=public_metrics&expansions=referenced_posts`,
    );
    assert.deepEqual(json.data.edit_history_post_ids, [reply]);
    assert.deepEqual(json.data.referenced_posts, [{ type: 'replied_to', id: original }]);
    assert.equal(json.data.public_metrics.repost_count, 1);
    assert.equal(json.includes.posts[0].id, original);
    assert.equal(json.includes.tweets, undefined);
    const byExpansion = await api.get(app, `/2/tweets/${reply}?expansions=referenced_posts`);
    assert.ok(byExpansion.json.includes.posts);
    const mixed = await api.get(
      app,
      `/2/users/101?expansions=affiliation.user_id,most_recent_post_id&user.fields=pinned_tweet_id`,
    );
    assert.ok(mixed.json.includes.posts, 'one newer word is enough, whatever stands before it');
    const media = await api.get(app, `/2/tweets/${reply}?expansions=attachments.media_source_post`);
    assert.equal(media.status, 200);
    const person = await api.get(app, '/2/users/101?user.fields=pinned_post_id,public_metrics');
    assert.equal(person.json.data.pinned_post_id, original);
    assert.equal(person.json.data.public_metrics.post_count, 3);
  });

  test('everything that a post refers to comes along, once', async () => {
    const { json } = await api.get(app, `/2/tweets?ids=${reply},${repost},${original}&${EVERYTHING}`);
    assert.deepEqual(
      json.data.map((one: { id: string }) => one.id),
      [reply, repost, original],
    );
    assert.deepEqual(json.includes.users.map((one: { id: string }) => one.id).sort(), ['101', '102']);
    assert.deepEqual(
      json.includes.tweets.map((one: { id: string }) => one.id),
      [original],
    );
    assert.deepEqual(json.includes.media, [
      { media_key: '3_1', type: 'photo', url: 'https://example.com/1.jpg', alt_text: 'a cup' },
    ]);
    assert.deepEqual(json.includes.polls[0].options, [{ position: 1, label: 'yes', votes: 3 }]);
    assert.equal(json.includes.places[0].full_name, 'Jakarta, Indonesia');
    assert.equal(json.errors, undefined);
    assert.equal(
      json.includes.users.find((one: { id: string }) => one.id === '101').pinned_tweet_id,
      original,
    );
  });

  test('an expansion shows the field that it follows', async () => {
    const { json } = await api.get(app, `/2/tweets/${reply}?expansions=author_id`);
    assert.equal(json.data.author_id, '102');
    assert.equal(json.data.created_at, undefined);
  });

  test('a missing post is 200 with only errors, in the recorded words', async () => {
    const { status, json } = await api.get(app, '/2/tweets/9');
    assert.equal(status, 200);
    assert.deepEqual(json, {
      errors: [
        {
          value: '9',
          detail: 'Could not find tweet with id: [9].',
          title: 'Not Found Error',
          resource_type: 'tweet',
          parameter: 'id',
          resource_id: '9',
          type: 'https://api.twitter.com/2/problems/resource-not-found',
        },
      ],
    });
  });

  test('several posts: data in the order of the ids, one error for each id that is missing or may not be seen', async () => {
    const { json } = await api.get(app, `/2/tweets?ids=9,${original},${hidden},${original},8`);
    assert.deepEqual(
      json.data.map((one: { id: string }) => one.id),
      [original],
    );
    assert.deepEqual(
      json.errors.map((one: { value: string; title: string; detail: string }) => [
        one.value,
        one.title,
        one.detail,
      ]),
      [
        ['9', 'Not Found Error', 'Could not find tweet with ids: [9].'],
        [
          hidden,
          'Authorization Error',
          `Sorry, you are not authorized to see the Tweet with ids: [${hidden}].`,
        ],
        ['8', 'Not Found Error', 'Could not find tweet with ids: [8].'],
      ],
    );
  });

  test('a missing include has its error, with the expansion as parameter', async () => {
    const lost = idAgo(150);
    await api.apply(
      post(150, { authorId: '999', inReplyToPersonId: '998', references: [{ type: 'quoted', id: '12345' }] }),
      post(140, { references: [{ type: 'quoted', id: hidden }] }),
    );
    const { json } = await api.get(
      app,
      `/2/tweets/${lost}?expansions=author_id,in_reply_to_user_id,referenced_tweets.id`,
    );
    assert.deepEqual(
      json.errors.map((one: { parameter: string; resource_id: string; resource_type: string }) => [
        one.parameter,
        one.resource_id,
        one.resource_type,
      ]),
      [
        ['referenced_tweets.id', '12345', 'tweet'],
        ['author_id', '999', 'user'],
        ['in_reply_to_user_id', '998', 'user'],
      ],
    );
    const guarded = await api.get(app, `/2/tweets/${idAgo(140)}?expansions=referenced_tweets.id`);
    assert.equal(guarded.json.includes, undefined);
    assert.equal(
      guarded.json.errors[0].detail,
      `Sorry, you are not authorized to see the Tweet with  referenced_tweets.id: [${hidden}].`,
    );
    assert.equal(guarded.json.errors[0].section, 'includes');
  });

  test('private metrics are refused field by field, and the rest is answered', async () => {
    const { status, json } = await api.get(
      app,
      `/2/tweets?ids=${original}&tweet.fields=non_public_metrics,organic_metrics,lang`,
    );
    assert.equal(status, 200);
    assert.equal(json.data[0].lang, 'en');
    assert.deepEqual(
      json.errors.map((one: { field: string; type: string; detail: string }) => [one.field, one.detail]),
      [
        [
          'non_public_metrics',
          `Sorry, you are not authorized to access 'non_public_metrics' on the Tweet with ids : [${original}].`,
        ],
        [
          'organic_metrics',
          `Sorry, you are not authorized to access 'organic_metrics' on the Tweet with ids : [${original}].`,
        ],
      ],
    );
    assert.match(json.errors[0].type, /not-authorized-for-field$/);
  });

  test('persons by id and by username, whatever its case', async () => {
    assert.deepEqual((await api.get(app, '/2/users/101')).json, {
      data: { id: '101', name: 'Alice', username: 'Alice' },
    });
    assert.deepEqual((await api.get(app, '/2/users/by/username/aLICE')).json.data.id, '101');
    const { json } = await api.get(app, '/2/users/by?usernames=BOB,nobody,dave,carol');
    assert.deepEqual(
      json.data.map((one: { username: string }) => one.username),
      ['bob', 'carol'],
    );
    assert.deepEqual(
      json.errors.map((one: { detail: string; title: string }) => [one.title, one.detail]),
      [
        ['Not Found Error', 'Could not find user with usernames: [nobody].'],
        ['Forbidden', 'User has been suspended: [dave].'],
      ],
    );
    const byIds = await api.get(app, '/2/users?ids=102,999&user.fields=verified,created_at');
    assert.deepEqual(byIds.json.data, [{ id: '102', name: 'Person 102', username: 'bob', verified: false }]);
    assert.equal(byIds.json.errors[0].detail, 'Could not find user with ids: [999].');
  });

  test('a pinned post comes along with its person', async () => {
    const { json, headers } = await api.get(app, '/2/users/101?expansions=pinned_tweet_id&tweet.fields=lang');
    assert.equal(json.data.pinned_tweet_id, original);
    assert.equal(json.includes.tweets[0].lang, 'en');
    assert.match(headers['parley-posts'] ?? '', /^[01]\/1$/);
    assert.match(headers['parley-persons'] ?? '', /^[01]\/1$/);
  });

  test('an edited post names its chain, and each version can be expanded', async () => {
    const first = idAgo(120);
    const second = idAgo(60);
    await api.apply(post(120, { text: 'tpyo' }), {
      kind: 'edit',
      previousId: first,
      post: post(60, { text: 'typo' }).post,
    });
    const { json } = await api.get(
      app,
      `/2/tweets/${second}?expansions=edit_history_tweet_ids&tweet.fields=edit_controls`,
    );
    assert.deepEqual(json.data.edit_history_tweet_ids, [first, second]);
    assert.equal(json.data.edit_controls.edits_remaining, 4);
    assert.deepEqual(
      json.includes.tweets.map((one: { text: string }) => one.text),
      ['tpyo'],
    );
    const older = await api.get(app, `/2/tweets/${first}`);
    assert.deepEqual(older.json.data.edit_history_tweet_ids, [first, second]);
  });
});
