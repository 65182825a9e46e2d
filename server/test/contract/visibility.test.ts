import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Change, Person } from '#posts';
import type { Purpose } from '#terms';
import { type Api, apiWorld, EVERYTHING, idAgo, person, post, untilSuiteEnds } from './api.ts';

/** Ways in which a post must not leave, each with the purposes of an app to which that holds. */
const HIDDEN: readonly {
  name: string;
  author: Partial<Person>;
  purposes: readonly Purpose[];
  /** What happens to the author's post after it was published. */
  after?: (id: string) => Change;
  /** The author's account itself may be seen. */
  accountShown: boolean;
  /** Only search and counts leave it out. */
  searchOnly?: boolean;
}[] = [
  { name: 'protected', author: { protected: true }, purposes: ['display'], accountShown: true },
  { name: 'suspended', author: { state: 'suspended' }, purposes: ['display'], accountShown: false },
  { name: 'deactivated', author: { state: 'deactivated' }, purposes: ['display'], accountShown: false },
  {
    name: 'withheldPerson',
    author: { withheld: { countryCodes: ['DE'] } },
    purposes: ['display'],
    accountShown: false,
  },
  {
    name: 'withheldPost',
    author: {},
    purposes: ['display'],
    after: (id) => ({ kind: 'withhold-post', id, withheld: { countryCodes: ['FR'] } }),
    accountShown: true,
  },
  {
    name: 'deleted',
    author: {},
    purposes: ['display'],
    after: (id) => ({ kind: 'delete-post', id, at: 0 }),
    accountShown: true,
  },
  {
    name: 'noTraining',
    author: { preferences: { search: true, aiTraining: false, redistribution: true } },
    purposes: ['display', 'ai-training'],
    accountShown: true,
  },
  {
    name: 'noResale',
    author: { preferences: { search: true, aiTraining: true, redistribution: false } },
    purposes: ['resale'],
    accountShown: true,
  },
  {
    name: 'noGovernment',
    author: { preferences: { search: true, aiTraining: true, redistribution: false } },
    purposes: ['government'],
    accountShown: true,
  },
  {
    name: 'noSearch',
    author: { preferences: { search: false, aiTraining: true, redistribution: true } },
    purposes: ['display'],
    accountShown: true,
    searchOnly: true,
  },
];

describe('what may not be seen never leaves', () => {
  let api: Api;
  const until = untilSuiteEnds();
  const subjects = HIDDEN.map((hidden, index) => ({
    ...hidden,
    personId: String(200 + index),
    postId: idAgo(1_000 + index * 10),
    repostId: idAgo(500 + index * 10),
    quoteId: idAgo(300 + index * 10),
    secret: `zsecret${hidden.name.toLowerCase()}`,
  }));

  before(async () => {
    api = await apiWorld(until);
    const changes: Change[] = [person('101', { username: 'alice' })];
    for (const { author, personId, postId, secret, name } of subjects) {
      const seconds = 1_000 + (Number(personId) - 200) * 10;
      changes.push(
        person(personId, { username: `who_${personId}`, name, pinnedPostId: postId, ...author }),
        post(seconds, { id: postId, authorId: personId, text: `coffee ${secret}` }),
        post(seconds - 500, {
          text: `RT @who_${personId}: coffee ${secret}`,
          references: [{ type: 'retweeted', id: postId }],
        }),
        post(seconds - 700, { text: `coffee look at ${name}`, references: [{ type: 'quoted', id: postId }] }),
      );
    }
    await api.apply(...changes);
    // A state is never said by an upsert of a person; it is an event of its own.
    for (const { author, personId, after, postId } of subjects) {
      if (author.state) await api.apply({ kind: 'person-state', id: personId, state: author.state });
      if (author.preferences)
        await api.apply({ kind: 'preferences', id: personId, preferences: author.preferences });
      if (author.protected) await api.apply({ kind: 'protect', id: personId, protected: true });
      if (after) await api.apply(after(postId));
    }
  });

  for (const {
    name,
    purposes,
    personId,
    postId,
    repostId,
    quoteId,
    secret,
    accountShown,
    searchOnly,
  } of subjects) {
    test(name, async () => {
      const app = await api.app({ plan: 'enterprise-200m', purposes });
      const ask = async (url: string) => {
        api.world.clock.advance(1_000);
        const reply = await api.get(
          app,
          `${url}${url.includes('?') ? '&' : '?'}${url.startsWith('/2/tweets/counts') ? '' : EVERYTHING}`,
        );
        assert.equal(reply.status, 200, reply.text);
        return reply;
      };
      const people = async (url: string) =>
        api.get(
          app,
          `${url}${url.includes('?') ? '&' : '?'}expansions=pinned_tweet_id,most_recent_tweet_id&user.fields=pinned_tweet_id,most_recent_tweet_id`,
        );

      for (const reach of ['recent', 'all']) {
        for (const query of ['coffee', secret, `from:who_${personId}`, `retweets_of:who_${personId}`]) {
          const found = await ask(`/2/tweets/search/${reach}?query=${query}&max_results=100`);
          assert.equal(found.text.includes(secret), false, `${query}: ${found.text}`);
        }
        const counted = await ask(`/2/tweets/counts/${reach}?query=${secret}&granularity=day`);
        assert.equal(counted.json.meta.total_tweet_count, 0);
      }
      if (searchOnly) {
        assert.equal((await ask(`/2/tweets/${postId}`)).text.includes(secret), true);
        return;
      }
      const replies = [
        await ask(`/2/tweets/${postId}`),
        await ask(`/2/tweets/${repostId}`),
        await ask(`/2/tweets/${quoteId}`),
        await ask(`/2/tweets?ids=${postId},${repostId},${quoteId}`),
        await ask(`/2/users/${personId}/tweets`),
        await ask('/2/users/101/tweets?max_results=100'),
        await ask(`/2/users/${personId}/mentions`),
        await people(`/2/users/${personId}`),
        await people(`/2/users?ids=101,${personId}`),
        await people(`/2/users/by?usernames=alice,who_${personId}`),
        await people(`/2/users/by/username/who_${personId}`),
      ];
      for (const { text } of replies) assert.equal(text.includes(secret), false, text);
      const quote = await ask(`/2/tweets/${quoteId}`);
      assert.equal(quote.json.data.id, quoteId, 'a quote carries none of the words that it quotes');
      const account = await people(`/2/users/${personId}`);
      assert.equal(account.json.data !== undefined, accountShown);
      assert.equal(account.json.data?.most_recent_tweet_id, undefined);
      assert.equal(account.json.data?.pinned_tweet_id, undefined);
      assert.equal(account.json.includes, undefined);
    });
  }

  test('what is hidden from one purpose is there for another', async () => {
    const app = await api.app({ purposes: ['display'] });
    for (const { name, postId, secret } of subjects) {
      const shown = (await api.get(app, `/2/tweets/${postId}`)).text.includes(secret);
      assert.equal(shown, ['noTraining', 'noResale', 'noGovernment', 'noSearch'].includes(name), name);
    }
  });

  test('a change holds from the moment at which it is acknowledged, on what was just served too', async () => {
    const app = await api.app({ plan: 'enterprise-200m' });
    const id = idAgo(90);
    await api.apply(person('300', { username: 'late' }), post(90, { authorId: '300', text: 'soon gone' }));
    const served = async () =>
      (await api.get(app, `/2/tweets/${id}?tweet.fields=lang`)).json.data !== undefined;
    assert.equal(await served(), true);
    await api.apply({ kind: 'protect', id: '300', protected: true });
    assert.equal(await served(), false);
    await api.apply({ kind: 'protect', id: '300', protected: false });
    assert.equal(await served(), true);
    await api.apply({ kind: 'metrics', id, metrics: { likes: 99 } });
    assert.equal(
      (await api.get(app, `/2/tweets/${id}?tweet.fields=public_metrics`)).json.data.public_metrics.like_count,
      99,
    );
    await api.apply({ kind: 'delete-person', id: '300', at: api.world.clock.now() });
    assert.equal(await served(), false);
  });
});
