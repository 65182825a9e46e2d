import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { operations } from '#x';
import { type Api, apiWorld, idAgo, person, post, read, untilSuiteEnds } from './api.ts';

/**
 * Posts that are not there for the person 101, each in its own way. The oracle is X: it tells a protected post from one
 * that is not there only where a post is looked up (`Authorization Error`), and tells the rest apart nowhere.
 */
const NEVER = idAgo(900);
const GONE: Readonly<Record<string, string>> = {
  deleted: idAgo(801),
  'withheld in a country': idAgo(802),
  'of a suspended person': idAgo(803),
  'of a deactivated person': idAgo(804),
  'of a deleted person': idAgo(805),
  'a repost of a deleted post': idAgo(806),
};
const HIDDEN: Readonly<Record<string, string>> = {
  'of a protected person': idAgo(811),
  'a repost by a protected person': idAgo(812),
  'a repost of a protected post, imported before': idAgo(813),
};

type Call = (id: string) => { url: string; body?: unknown };
/** Every way to name a post, by operation; `looksUp` where X says that a post is protected. */
const CALLS: Readonly<Record<string, Call & { looksUp?: true }>> = {
  getPostsById: looksUp((id) => ({ url: `/2/tweets/${id}` })),
  getPostsByIds: looksUp((id) => ({ url: `/2/tweets?ids=${id}` })),
  getPostsLikingUsers: looksUp((id) => ({ url: `/2/tweets/${id}/liking_users` })),
  getPostsRepostedBy: looksUp((id) => ({ url: `/2/tweets/${id}/retweeted_by` })),
  getPostsReposts: looksUp((id) => ({ url: `/2/tweets/${id}/retweets` })),
  getPostsQuotedPosts: looksUp((id) => ({ url: `/2/tweets/${id}/quote_tweets` })),
  searchPostsRecent: (id) => ({ url: `/2/tweets/search/recent?query=conversation_id%3A${id}` }),
  deletePosts: (id) => ({ url: `/2/tweets/${id}` }),
  hidePostsReply: (id) => ({ url: `/2/tweets/${id}/hidden`, body: { hidden: true } }),
  likePost: (id) => ({ url: '/2/users/101/likes', body: { tweet_id: id } }),
  unlikePost: (id) => ({ url: `/2/users/101/likes/${id}` }),
  repostPost: (id) => ({ url: '/2/users/101/retweets', body: { tweet_id: id } }),
  unrepostPost: (id) => ({ url: `/2/users/101/retweets/${id}` }),
  createUsersBookmark: (id) => ({ url: '/2/users/101/bookmarks', body: { tweet_id: id } }),
  deleteUsersBookmark: (id) => ({ url: `/2/users/101/bookmarks/${id}` }),
};
const CREATING: Readonly<Record<string, (id: string) => object>> = {
  'a reply': (id) => ({ text: 'words', reply: { in_reply_to_tweet_id: id } }),
  'a quote': (id) => ({ text: 'words', quote_tweet_id: id }),
  'an edit': (id) => ({ text: 'words', edit_options: { previous_post_id: id } }),
};

function looksUp(call: Call): Call & { looksUp: true } {
  return Object.assign(call, { looksUp: true } as const);
}

describe('no answer tells a deleted post from one that never was, nor a protected one where X does not', () => {
  let api: Api;
  let alice: { bearerToken: string };
  const until = untilSuiteEnds();

  before(async () => {
    api = await apiWorld(until);
    const app = await api.app({ plan: 'enterprise-200m' });
    alice = api.person(app, '101');
    await api.apply(
      ...['101', '102', '103', '104', '105', '106'].map((id) => person(id)),
      post(700, { authorId: '102' }),
      post(801, { authorId: '102' }),
      post(802, { authorId: '102' }),
      post(803, { authorId: '103' }),
      post(804, { authorId: '104' }),
      post(805, { authorId: '105' }),
      post(806, { authorId: '102', references: [{ type: 'retweeted', id: GONE.deleted! }] }),
      post(811, { authorId: '106' }),
      post(812, { authorId: '106', references: [{ type: 'retweeted', id: idAgo(700) }] }),
      post(813, { authorId: '102', references: [{ type: 'retweeted', id: idAgo(811) }] }),
    );
    const at = api.world.clock.now();
    await api.apply(
      { kind: 'delete-post', id: GONE.deleted!, at },
      { kind: 'withhold-post', id: GONE['withheld in a country']!, withheld: { countryCodes: ['FR'] } },
      { kind: 'person-state', id: '103', state: 'suspended' },
      { kind: 'person-state', id: '104', state: 'deactivated' },
      { kind: 'delete-person', id: '105', at },
      { kind: 'protect', id: '106', protected: true },
    );
  });

  /** Status and body, the id left out. */
  async function answer(method: string, { url, body }: ReturnType<Call>, id: string): Promise<string> {
    const reply = await api.server.inject({
      method: method as 'GET',
      url,
      headers: { authorization: `Bearer ${alice.bearerToken}` },
      payload: body as object | undefined,
    });
    const { status, text } = read(reply);
    return `${status} ${text.replaceAll(id, '<id>')}`;
  }

  test('every operation that names a post is asked', () => {
    const naming = operations.filter(
      ({ path, body }) =>
        /\{tweet_id\}|^\/2\/tweets\/\{id\}/.test(path) || body === 'PostId' || path === '/2/tweets',
    );
    const asked = [...Object.keys(CALLS), 'createPosts'];
    assert.deepEqual(
      naming.filter(({ id }) => !asked.includes(id)).map(({ id }) => id),
      [],
    );
  });

  for (const [id, call] of Object.entries(CALLS)) {
    test(id, async () => {
      const { method = 'GET' } = operations.find((one) => one.id === id)!;
      const never = await answer(method, call(NEVER), NEVER);
      for (const [how, gone] of Object.entries(GONE))
        assert.equal(await answer(method, call(gone), gone), never, how);
      for (const [how, hidden] of Object.entries(HIDDEN)) {
        const said = await answer(method, call(hidden), hidden);
        if (call.looksUp) assert.match(said, /^200 .*"Authorization Error"/, how);
        else assert.equal(said, never, how);
      }
    });
  }

  for (const [what, bodyOf] of Object.entries(CREATING)) {
    test(what, async () => {
      const create = (id: string) => answer('POST', { url: '/2/tweets', body: bodyOf(id) }, id);
      const never = await create(NEVER);
      assert.match(never, /^40[34] /);
      for (const [how, id] of Object.entries({ ...GONE, ...HIDDEN }))
        assert.equal(await create(id), never, how);
    });
  }

  test('only the author is told that a deletion is as good as done', async () => {
    const bob = api.person(await api.app({ plan: 'enterprise-200m' }), '102');
    const reply = await api.send('DELETE', bob, `/2/tweets/${GONE.deleted}`);
    assert.deepEqual([reply.status, reply.json], [200, { data: { deleted: true } }]);
  });

  test('an account that only its restrictions tell of is no account', async () => {
    await api.apply({ kind: 'protect', id: '190', protected: true });
    for (const url of [
      '/2/users/#',
      '/2/users?ids=#',
      '/2/users/#/tweets',
      '/2/users/#/followers',
      '/2/tweets?ids=1&expansions=author_id',
    ]) {
      const [known, never] = await Promise.all(
        ['190', '191'].map(async (id) => answer('GET', { url: url.replace('#', id) }, id)),
      );
      assert.equal(known, never, url);
    }
  });

  test('the list of an account that is closed is not there, for acts as for look-ups', async () => {
    const list = { ownerId: '103', name: 'x', description: '', private: false, createdAt: 0 };
    await api.apply({ kind: 'list', list: { ...list, id: '7103' } });
    for (const [method, url, body] of [
      ['GET', '/2/lists/#', undefined],
      ['PUT', '/2/lists/#', { name: 'mine' }],
      ['DELETE', '/2/lists/#', undefined],
      ['POST', '/2/lists/#/members', { user_id: '102' }],
      ['POST', '/2/users/101/followed_lists', { list_id: '#' }],
      ['POST', '/2/users/101/pinned_lists', { list_id: '#' }],
    ] as const) {
      const [closed, never] = await Promise.all(
        ['7103', '7999'].map((id) => {
          const given = body && JSON.parse(JSON.stringify(body).replace('#', id));
          return answer(method, { url: url.replace('#', id), body: given }, id);
        }),
      );
      assert.equal(closed, never, `${method} ${url}`);
    }
  });

  test('nothing of all this was our own mistake', () => assert.deepEqual(api.mistakes, []));
});
