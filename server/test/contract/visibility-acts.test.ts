import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Change } from '#posts';
import { type Api, apiWorld, idAgo, type Json, person, post, type Reply, untilSuiteEnds } from './api.ts';
import { subscribedWorld } from './webhook-world.ts';

/** Who looks or acts, by what they and the author are to each other. */
const VIEWERS = ['app', 'other', 'follower', 'blocked', 'blocks', 'mutes', 'self'] as const;
type Viewer = (typeof VIEWERS)[number];

/**
 * What each viewer is answered, in the order of VIEWERS, for each state of author or post. Written by hand from X's rules
 * (docs/reference of X's API and its help pages), before the policy was. `-`: an app's own key does not act.
 * Reads: S served, N Not Found, A Authorization Error. Search, stream and webhook news: S there, `.` not there.
 * Acts: the status, or the `reason` of the 403. A closed account's own token is a 401.
 */
const TABLE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  //                     app other follower blocked blocks mutes self
  public: {
    read: 'S S S A S S S',
    search: 'S S S . S S S',
    like: '- 200 200 blocked-by blocking 200 200',
    bookmark: '- 200 200 blocked-by 200 200 200',
    repost: '- 200 200 blocked-by blocking 200 200',
    quote: '- 201 201 blocked-by blocking 201 201',
    reply: '- 201 201 blocked-by blocking 201 201',
    addToList: '- 200 200 blocked-by blocking 200 200',
    message: '- 201 201 403 403 201 403',
    follow: '- 200 200 blocked-by blocking 200 self',
  },
  protected: {
    read: 'A A S A A A S',
    search: '. . . . . . .',
    like: '- 404 200 404 404 404 200',
    bookmark: '- 404 200 404 404 404 200',
    repost: '- 404 protected-post 404 404 404 protected-post',
    quote: '- not-visible protected-post not-visible not-visible not-visible 201',
    reply: '- not-visible 201 not-visible not-visible not-visible 201',
    addToList: '- 200 200 blocked-by blocking 200 200',
    message: '- 403 403 403 403 403 403',
    follow: '- pending 200 blocked-by blocking pending self',
  },
  suspended: {
    read: 'N N N N N N 401',
    search: '. . . . . . 401',
    like: '- 404 404 404 404 404 401',
    bookmark: '- 404 404 404 404 404 401',
    repost: '- 404 404 404 404 404 401',
    quote: '- not-visible not-visible not-visible not-visible not-visible 401',
    reply: '- not-visible not-visible not-visible not-visible not-visible 401',
    addToList: '- 404 404 404 404 404 401',
    message: '- 403 403 403 403 403 401',
    follow: '- 404 404 404 404 404 401',
  },
  deactivated: {
    read: 'N N N N N N 401',
    search: '. . . . . . 401',
    like: '- 404 404 404 404 404 401',
    bookmark: '- 404 404 404 404 404 401',
    repost: '- 404 404 404 404 404 401',
    quote: '- not-visible not-visible not-visible not-visible not-visible 401',
    reply: '- not-visible not-visible not-visible not-visible not-visible 401',
    addToList: '- 404 404 404 404 404 401',
    message: '- 404 404 404 404 404 401',
    follow: '- 404 404 404 404 404 401',
  },
  'deleted account': {
    read: 'N N N N N N 401',
    search: '. . . . . . 401',
    like: '- 404 404 404 404 404 401',
    bookmark: '- 404 404 404 404 404 401',
    repost: '- 404 404 404 404 404 401',
    quote: '- not-visible not-visible not-visible not-visible not-visible 401',
    reply: '- not-visible not-visible not-visible not-visible not-visible 401',
    addToList: '- 404 404 404 404 404 401',
    message: '- 404 404 404 404 404 401',
    follow: '- 404 404 404 404 404 401',
  },
  'post deleted': {
    read: 'N N N N N N N',
    search: '. . . . . . .',
    like: '- 404 404 404 404 404 404',
    bookmark: '- 404 404 404 404 404 404',
    repost: '- 404 404 404 404 404 404',
    quote: '- not-visible not-visible not-visible not-visible not-visible not-visible',
    reply: '- not-visible not-visible not-visible not-visible not-visible not-visible',
  },
  'post withheld': {
    read: 'N N N N N N N',
    search: '. . . . . . .',
    like: '- 404 404 404 404 404 404',
    bookmark: '- 404 404 404 404 404 404',
    repost: '- 404 404 404 404 404 404',
    quote: '- not-visible not-visible not-visible not-visible not-visible not-visible',
    reply: '- not-visible not-visible not-visible not-visible not-visible not-visible',
  },
  // By the id of the older version: it is looked up as it was, acts reach the newest one, search shows only that.
  'post edited': {
    read: 'S S S A S S S',
    search: '. . . . . . .',
    like: '- 200 200 blocked-by blocking 200 200',
    bookmark: '- 200 200 blocked-by 200 200 200',
    repost: '- 200 200 blocked-by blocking 200 200',
    quote: '- 201 201 blocked-by blocking 201 201',
    reply: '- 201 201 blocked-by blocking 201 201',
  },
  'reply hidden': {
    read: 'S S S A S S S',
    search: 'S S S . S S S',
    like: '- 200 200 blocked-by blocking 200 200',
    bookmark: '- 200 200 blocked-by 200 200 200',
    repost: '- 200 200 blocked-by blocking 200 200',
    quote: '- 201 201 blocked-by blocking 201 201',
    reply: '- 201 201 blocked-by blocking 201 201',
  },
  'search refused': {
    read: 'S S S A S S S',
    search: '. . . . . . .',
    like: '- 200 200 blocked-by blocking 200 200',
    bookmark: '- 200 200 blocked-by 200 200 200',
    repost: '- 200 200 blocked-by blocking 200 200',
    quote: '- 201 201 blocked-by blocking 201 201',
    reply: '- 201 201 blocked-by blocking 201 201',
  },
  // An app that trains models is served nothing (a block comes first, as a protected account does); what persons do with each other through it is theirs.
  'training refused': {
    read: 'N N N A N N N',
    search: '. . . . . . .',
    like: '- 200 200 blocked-by blocking 200 200',
    bookmark: '- 200 200 blocked-by 200 200 200',
    repost: '- 200 200 blocked-by blocking 200 200',
    quote: '- 201 201 blocked-by blocking 201 201',
    reply: '- 201 201 blocked-by blocking 201 201',
  },
};

/** Of webhooks: what a subscriber who is mentioned is told of the author's new post. Streams are the app's own. */
const NEWS: Readonly<Record<string, string>> = {
  public: 'other follower blocks mutes',
  protected: 'follower',
  suspended: '',
  'post withheld': '',
};

const PERSONS: Readonly<Record<Exclude<Viewer, 'app' | 'self'>, string>> = {
  other: '501',
  follower: '502',
  blocked: '503',
  blocks: '504',
  mutes: '505',
};
const states = Object.keys(TABLE);
const authorOf = (state: string) => String(600 + states.indexOf(state));
const postOf = (state: string) => idAgo(4_000 + states.indexOf(state));
const ROOT = idAgo(5_000);

/** What the viewers and the author of a state are to each other, and what befalls the author or the post. */
function setting(state: string, at: number): { before: Change[]; after: Change[] } {
  const id = authorOf(state);
  const postId = postOf(state);
  const relate = (relation: 'follow' | 'block' | 'mute', from: string, to: string): Change => ({
    kind: 'relate',
    relation,
    from,
    to,
    at,
  });
  const hidden = state === 'reply hidden';
  const before: Change[] = [
    person(id),
    relate('follow', PERSONS.follower, id),
    relate('block', id, PERSONS.blocked),
    relate('block', PERSONS.blocks, id),
    relate('mute', PERSONS.mutes, id),
    ...(hidden ? [post(5_000, { id: ROOT, authorId: PERSONS.other })] : []),
    post(4_000 + states.indexOf(state), {
      authorId: id,
      text: `find ${postId}`,
      ...(hidden && {
        conversationId: ROOT,
        inReplyToPersonId: PERSONS.other,
        references: [{ type: 'replied_to', id: ROOT }] as const,
      }),
    } as object),
  ];
  const edited = post(3_000, { authorId: id, text: 'edited' }).post;
  const after: Readonly<Record<string, Change>> = {
    protected: { kind: 'protect', id, protected: true },
    suspended: { kind: 'person-state', id, state: 'suspended' },
    deactivated: { kind: 'person-state', id, state: 'deactivated' },
    'deleted account': { kind: 'delete-person', id, at },
    'post deleted': { kind: 'delete-post', id: postId, at },
    'post withheld': { kind: 'withhold-post', id: postId, withheld: { countryCodes: ['FR'] } },
    'post edited': { kind: 'edit', previousId: postId, post: edited },
    'reply hidden': { kind: 'hide-reply', id: postId, hidden: true },
    'search refused': preferences(id, { search: false }),
    'training refused': preferences(id, { aiTraining: false }),
  };
  return { before, after: state in after ? [after[state]!] : [] };
}

function preferences(id: string, refused: object): Change {
  return {
    kind: 'preferences',
    id,
    preferences: { search: true, aiTraining: true, redistribution: true, ...refused },
  };
}

describe('one policy: viewer × state × act, through the API', () => {
  let api: Api;
  let token: (viewer: Viewer, state: string) => { bearerToken: string };
  let list: Readonly<Record<string, string>>;
  let words = 0;
  const until = untilSuiteEnds();

  before(async () => {
    api = await apiWorld(until);
    const at = api.world.clock.now();
    const settings = states.map((state) => setting(state, at));
    await api.apply(...Object.values(PERSONS).map((id) => person(id)));
    await api.apply(...settings.flatMap((one) => one.before));
    const app = await api.app({ plan: 'enterprise-200m', purposes: ['display'] });
    const training = await api.app({ plan: 'enterprise-200m', purposes: ['display', 'ai-training'] });
    const idOf = (viewer: Viewer, state: string) =>
      viewer === 'self' ? authorOf(state) : PERSONS[viewer as keyof typeof PERSONS];
    const tokens = new Map<string, { bearerToken: string }>();
    token = (viewer, state) => {
      const through = state === 'training refused' ? training : app;
      if (viewer === 'app') return through;
      const key = `${viewer} ${state}`;
      if (!tokens.has(key)) {
        const { oauth2 } = api.world.access.persons.giveOwnTokens(through.appId, idOf(viewer, state));
        tokens.set(key, { bearerToken: oauth2.accessToken });
      }
      return tokens.get(key)!;
    };
    const lists: Record<string, string> = {};
    for (const state of states) {
      for (const viewer of VIEWERS.slice(1)) {
        const made = await api.send('POST', token(viewer, state), '/2/lists', { name: 'mine' });
        lists[`${viewer} ${state}`] = made.json.data.id;
      }
    }
    list = lists;
    await api.apply(...settings.flatMap((one) => one.after));
  });

  const said = ({ status, json }: Reply): string => {
    if (status === 200 && json.data?.pending_follow === true) return 'pending';
    return status === 403 && json.title === 'Forbidden' ? json.reason : String(status);
  };
  const send = async (viewer: Viewer, state: string, url: string, body: object) =>
    said(await api.send('POST', token(viewer, state), url, body));
  const me = (viewer: Viewer, state: string) =>
    viewer === 'self' ? authorOf(state) : PERSONS[viewer as keyof typeof PERSONS];

  const ACTS: Readonly<Record<string, (viewer: Viewer, state: string) => Promise<string>>> = {
    async read(viewer, state) {
      const { status, json } = await api.get(token(viewer, state), `/2/tweets/${postOf(state)}`);
      if (status !== 200) return String(status);
      return json.data ? 'S' : json.errors[0].title === 'Authorization Error' ? 'A' : 'N';
    },
    async search(viewer, state) {
      const query = encodeURIComponent(`find ${postOf(state)}`);
      const url = `/2/tweets/search/recent?query=${query}`;
      const { status, json } = await api.get(token(viewer, state), url);
      if (status !== 200) return String(status);
      return json.data?.some(({ id }: Json) => id === postOf(state)) ? 'S' : '.';
    },
    like: (viewer, state) =>
      send(viewer, state, `/2/users/${me(viewer, state)}/likes`, { tweet_id: postOf(state) }),
    bookmark: (viewer, state) =>
      send(viewer, state, `/2/users/${me(viewer, state)}/bookmarks`, { tweet_id: postOf(state) }),
    repost: (viewer, state) =>
      send(viewer, state, `/2/users/${me(viewer, state)}/retweets`, { tweet_id: postOf(state) }),
    quote: (viewer, state) =>
      send(viewer, state, '/2/tweets', { text: `words ${++words}`, quote_tweet_id: postOf(state) }),
    reply: (viewer, state) =>
      send(viewer, state, '/2/tweets', {
        text: `words ${++words}`,
        reply: { in_reply_to_tweet_id: postOf(state) },
      }),
    addToList: (viewer, state) =>
      send(viewer, state, `/2/lists/${list[`${viewer} ${state}`]}/members`, { user_id: authorOf(state) }),
    message: (viewer, state) =>
      send(viewer, state, `/2/dm_conversations/with/${authorOf(state)}/messages`, { text: 'hello' }),
    // Last: it changes what the two are to each other.
    follow: (viewer, state) =>
      send(viewer, state, `/2/users/${me(viewer, state)}/following`, { target_user_id: authorOf(state) }),
  };

  for (const [state, acts] of Object.entries(TABLE)) {
    test(state, async () => {
      for (const act of Object.keys(ACTS).filter((one) => one in acts)) {
        const answers: string[] = [];
        for (const viewer of VIEWERS) {
          const acting = act !== 'read' && act !== 'search';
          answers.push(viewer === 'app' && acting ? '-' : await ACTS[act]!(viewer, state));
        }
        assert.equal(answers.join(' '), acts[act], `${act} of ${state}`);
      }
    });
  }

  test('nothing of all this was our own mistake', () => assert.deepEqual(api.mistakes, []));
});

describe('one policy: what subscribers are told', () => {
  for (const [state, told] of Object.entries(NEWS)) {
    test(state, async (t) => {
      const subscribers = Object.values(PERSONS);
      const world = await subscribedWorld(t, { subscribers: [] });
      const { api, app, webhookId, subscribe } = world;
      await api.apply(...subscribers.map((id) => person(id)));
      for (const id of subscribers) await subscribe({ app, webhookId }, id);
      const { before: given, after } = setting(state, api.world.clock.now());
      await api.apply(...given.slice(0, -1));
      if (state === 'protected' || state === 'suspended') await api.apply(...after);
      const mentions = subscribers.map((id, index) => ({
        start: index,
        end: index + 1,
        id,
        username: `person${id}`,
      }));
      await world.told();
      world.take();
      const created = post(1, { authorId: authorOf(state), entities: { mentions } });
      const withheld: Change = {
        kind: 'withhold-post',
        id: created.post.id,
        withheld: { countryCodes: ['FR'] },
      };
      await api.apply(created, ...(state === 'post withheld' ? [withheld] : []));
      await world.told();
      const forUsers = world.take().flatMap((one) => (one.tweet_create_events ? [one.for_user_id] : []));
      const names = Object.entries(PERSONS).flatMap(([name, id]) => (forUsers.includes(id) ? [name] : []));
      assert.equal(names.join(' '), told);
    });
  }
});
