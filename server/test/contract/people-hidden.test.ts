import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Change, RelationKind } from '#posts';
import { type Api, apiWorld, idAgo, type Json, person, post, untilSuiteEnds } from './api.ts';

const ids = (json: Json): string[] => (json.data ?? []).map((one: { id: string }) => one.id);
const relate = (relation: RelationKind, from: string, to: string): Change => ({
  kind: 'relate',
  relation,
  from,
  to,
  at: 1,
});

/** 101 asks; 103 is protected and followed by 101, 104 protected, 105 blocks 101, 106 suspended, 107 deactivated. */
describe('what persons did is shown by the rules of posts and persons', () => {
  let api: Api;
  let app: Awaited<ReturnType<Api['app']>>;
  let alice: { bearerToken: string };
  let stranger: { bearerToken: string };
  const until = untilSuiteEnds();
  const everybody = ['102', '103', '104', '105', '106', '107'];
  const original = idAgo(500);

  before(async () => {
    api = await apiWorld(until);
    app = await api.app({ plan: 'enterprise-200m' });
    alice = api.person(app, '101');
    stranger = api.person(app, '199');
    await api.apply(
      person('101', { username: 'alice' }),
      ...everybody.map((id) => person(id, { username: `p${id}` })),
      person('108', { username: 'muted' }),
      person('199', { username: 'stranger' }),
      post(500, { authorId: '102' }),
      ...everybody.map((authorId, index) => post(400 - index, { authorId, text: `by ${authorId}` })),
      ...everybody.map((authorId, index) =>
        post(300 - index, { authorId, text: 'RT', references: [{ type: 'retweeted', id: original }] }),
      ),
      post(200, { authorId: '108', text: 'muted' }),
      post(190, { authorId: '102', text: 'RT', references: [{ type: 'retweeted', id: idAgo(200) }] }),
      post(180, { authorId: '101', text: 'own' }),
      post(170, {
        authorId: '102',
        text: 'reply',
        references: [{ type: 'replied_to', id: idAgo(180) }],
        inReplyToPersonId: '101',
      }),
    );
    await api.apply(
      relate('follow', '101', '102'),
      relate('follow', '101', '103'),
      relate('follow', '101', '108'),
      relate('mute', '101', '108'),
      ...everybody.map((id) => relate('like', id, original)),
      ...everybody.map((_id, index) => relate('like', '102', idAgo(400 - index))),
      ...everybody.map((_id, index) => relate('bookmark', '101', idAgo(400 - index))),
      ...everybody.filter((id) => id !== '102').map((id) => relate('follow', id, '102')),
      relate('follow', '102', '104'),
    );
    await api.apply(
      relate('block', '105', '101'),
      { kind: 'protect', id: '103', protected: true },
      { kind: 'protect', id: '104', protected: true },
      { kind: 'person-state', id: '106', state: 'suspended' },
      { kind: 'person-state', id: '107', state: 'deactivated' },
    );
  });

  const list = async (who: { bearerToken: string }, path: string) => ids((await api.get(who, path)).json);

  test('likes: protected persons and posts for their followers alone', async () => {
    const path = `/2/tweets/${original}/liking_users`;
    assert.deepEqual(await list(alice, path), ['103', '102'], 'nothing of who blocks her');
    for (const who of [stranger, app]) assert.deepEqual(await list(who, path), ['105', '102']);
    assert.deepEqual(await list(api.person(app, '104'), path), ['105', '104', '102']);
    const liked = '/2/users/102/liked_tweets';
    assert.deepEqual(await list(alice, liked), [idAgo(399), idAgo(400), original]);
    for (const who of [stranger, app])
      assert.deepEqual(await list(who, liked), [idAgo(397), idAgo(400), original]);
  });

  test('reposts: as any post, and their authors with them', async () => {
    const authors = `/2/tweets/${original}/retweeted_by`;
    const reposts = `/2/tweets/${original}/retweets`;
    assert.deepEqual(await list(app, authors), ['105', '102']);
    assert.deepEqual(await list(app, reposts), [idAgo(297), idAgo(300)]);
    assert.deepEqual(await list(alice, authors), ['103', '102']);
    assert.deepEqual(await list(alice, reposts), [idAgo(299), idAgo(300)]);
  });

  test('follows: accounts are public, also protected ones; suspended and deactivated ones are nowhere', async () => {
    for (const who of [app, alice, stranger])
      assert.deepEqual(await list(who, '/2/users/102/followers'), ['105', '104', '103', '101']);
    assert.deepEqual(await list(app, '/2/users/102/following'), ['104']);
  });

  test('bookmarks leave out what the person may not see any more', async () => {
    assert.deepEqual(await list(alice, '/2/users/101/bookmarks'), [idAgo(399), idAgo(400)]);
  });

  test('the follows and likes of who is protected, blocks the viewer, is suspended or unknown: 200 with the one error', async () => {
    const cases = [
      ['104', 'Authorization Error', 'Sorry, you are not authorized to see the user with id: [104].'],
      ['105', 'Authorization Error', 'Sorry, you are not authorized to see the user with id: [105].'],
      ['106', 'Forbidden', 'User has been suspended: [106].'],
      ['107', 'Not Found Error', 'Could not find user with id: [107].'],
      ['999', 'Not Found Error', 'Could not find user with id: [999].'],
    ] as const;
    const kinds = [
      'followers',
      'following',
      'liked_tweets',
      'owned_lists',
      'list_memberships',
      'followed_lists',
    ];
    for (const [id, title, detail] of cases) {
      for (const kind of kinds) {
        const { status, json } = await api.get(alice, `/2/users/${id}/${kind}`);
        assert.equal(status, 200);
        assert.deepEqual(Object.keys(json), ['errors'], `${id} ${kind}`);
        assert.deepEqual([json.errors[0].title, json.errors[0].detail], [title, detail]);
      }
    }
    // A follower is let in, and so is the person.
    for (const who of [alice, api.person(app, '103')])
      for (const kind of kinds) {
        const { json } = await api.get(who, `/2/users/103/${kind}`);
        assert.equal(json.errors, undefined, kind);
        assert.equal(typeof json.meta.result_count, 'number');
      }
  });

  test('a post that may not be seen tells nobody who liked, reposted or quoted it', async () => {
    const cases = [
      [idAgo(398), 'Authorization Error', stranger],
      [idAgo(398), 'Authorization Error', alice],
      [idAgo(397), 'Authorization Error', alice],
      [idAgo(396), 'Not Found Error', alice],
      ['4242', 'Not Found Error', alice],
    ] as const;
    for (const [id, title, who] of cases) {
      for (const kind of ['liking_users', 'retweeted_by', 'retweets', 'quote_tweets']) {
        const { status, json } = await api.get(who, `/2/tweets/${id}/${kind}`);
        assert.equal(status, 200);
        assert.deepEqual(Object.keys(json), ['errors'], `${id} ${kind}`);
        assert.deepEqual(
          [json.errors[0].title, json.errors[0].resource_type, json.errors[0].resource_id],
          [title, 'tweet', id],
        );
      }
    }
  });

  describe('the home timeline', () => {
    const home = '/2/users/101/timelines/reverse_chronological';

    test('has own posts and those of whom one follows; nothing of who is muted, nor reposts of it', async () => {
      const { json } = await api.get(alice, home);
      const expected = [170, 180, 299, 300, 399, 400, 500].map((seconds) => idAgo(seconds));
      assert.deepEqual(ids(json), expected);
      assert.deepEqual([json.meta.newest_id, json.meta.oldest_id], [expected[0], expected.at(-1)]);
    });

    test('is bounded by ids and times, and can leave out replies and reposts', async () => {
      assert.deepEqual(await list(alice, `${home}?exclude=replies,retweets`), [
        idAgo(180),
        idAgo(399),
        idAgo(400),
        idAgo(500),
      ]);
      assert.deepEqual(await list(alice, `${home}?since_id=${idAgo(399)}&until_id=${idAgo(180)}`), [
        idAgo(299),
        idAgo(300),
      ]);
      const span = 'start_time=2026-11-21T09:53:20Z&end_time=2026-11-21T09:55:01Z';
      assert.deepEqual(await list(alice, `${home}?${span}`), [idAgo(300), idAgo(399), idAgo(400)]);
    });

    test('pages lead to the end and back, past what is left out', async () => {
      const pages: string[][] = [];
      let token: string | undefined;
      let previous: string | undefined;
      do {
        const more = token ? `&pagination_token=${token}` : '';
        const { json } = await api.get(alice, `${home}?max_results=2${more}`);
        pages.push(ids(json));
        previous = json.meta.previous_token;
        token = json.meta.next_token;
      } while (token);
      // What is silenced makes its page shorter.
      assert.deepEqual(
        pages.map((page) => page.length),
        [2, 1, 2, 2],
      );
      const { json } = await api.get(alice, `${home}?max_results=2&pagination_token=${previous}`);
      assert.deepEqual(ids(json), pages.at(-2));
    });

    test('follows what is followed, muted and blocked now', async () => {
      await api.apply({ kind: 'unrelate', relation: 'mute', from: '101', to: '108', at: 2 });
      assert.deepEqual((await list(alice, `${home}?max_results=4`)).slice(0, 4), [
        idAgo(170),
        idAgo(180),
        idAgo(190),
        idAgo(200),
      ]);
      await api.apply({ kind: 'unrelate', relation: 'follow', from: '101', to: '102', at: 2 });
      assert.deepEqual(await list(alice, home), [idAgo(180), idAgo(200), idAgo(299), idAgo(399)]);
    });
  });

  test('no reply was our own mistake', () => assert.deepEqual(api.mistakes, []));
});
