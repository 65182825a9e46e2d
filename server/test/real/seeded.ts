import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { idTime, makeId } from '#kernel';
import { certificateOfX } from '../clients/x-hosts.ts';
import { parleyJson, startProcess } from '../e2e/process.ts';
import { type Way, wayTo } from './python.ts';

/** Persons, posts and a list by the ids that tweepy's and twarc's own suites ask for. */
export const NAMED = {
  me: '1072250532645998596',
  dev: '2244994945',
  api: '6253282',
  twitter: '783214',
  support: '17874544',
  news: '372575989',
  harmon: '145336962',
  harmonPublic: '750362064426721281',
  jack: '12',
  gone: '13',
  announcement: '1293593516040269825',
  apiAnnouncement: '1293595870563381249',
  retweetAnnouncement: '1415348607813832708',
  bookmarkAnnouncement: '1507070437557096461',
  jackPost: '1460417326130421765',
  reply: '1344794616005066752',
  official: '84839422',
  parks: '715919216927322112',
} as const;
const USERNAMES: Readonly<Record<string, string>> = {
  [NAMED.me]: 'TweepyDev',
  [NAMED.dev]: 'TwitterDev',
  [NAMED.api]: 'TwitterAPI',
  [NAMED.twitter]: 'Twitter',
  [NAMED.support]: 'TwitterSupport',
  [NAMED.news]: 'TwitterNews',
  [NAMED.harmon]: 'Harmon758',
  [NAMED.harmonPublic]: 'Harmon758Public',
  [NAMED.jack]: 'jack',
};
/** More than a page of anything that pages by the hundred. */
const CROWD = Array.from({ length: 130 }, (_one, index) => String(20_001 + index));
const MINUTE_MS = 60_000;

export type Seeded = typeof NAMED & {
  bearerToken: string;
  consumerKey: string;
  consumerSecret: string;
  accessToken: string;
  accessTokenSecret: string;
  bearer: string;
  /** Of an app that may look up by ids, and by username, once in 15 minutes. */
  narrow: string;
  operatorToken: string;
  /** `https://127.0.0.1:…`. */
  address: string;
  crowd: readonly string[];
  /** Newest first: those that say Tweepy, minutes old. */
  fresh: readonly string[];
};

/**
 * A Parley as a stranger would have it: `parley start` with TLS, filled by `parley import` from a file of X's objects, sold
 * by `parley licensee add` and `parley app add`, and a person's tokens by `parley app token`.
 */
export async function seed(t: Pick<TestContext, 'after'>): Promise<{ given: Seeded; way: Way }> {
  const dir = mkdtempSync(join(tmpdir(), 'parley-seeded-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const { certFile, keyFile } = await certificateOfX(dir);
  const server = await startProcess(dir, ['--tls-cert', certFile, '--tls-key', keyFile]);
  t.after(() => server.kill());
  const way = await wayTo(t, { port: Number(new URL(server.address).port), certFile });

  const now = Date.now();
  const fresh = Array.from({ length: 130 }, (_one, index) => makeId(now - (index + 2) * MINUTE_MS, index));
  const file = join(dir, 'platform.jsonl');
  writeFileSync(
    file,
    [...people(), ...posts(fresh), ...held()].map((line) => JSON.stringify(line)).join('\n'),
  );
  const imported = await parleyJson<{ rejected: number }>(dir, ['import', file]);
  if (imported.rejected > 0) throw new Error(`the import rejected ${JSON.stringify(imported)}`);

  const { licenseeId } = await parleyJson<{ licenseeId: string }>(dir, ['licensee', 'add', 'Example Ads']);
  const appOf = (plan: string) =>
    parleyJson<{ appId: string; bearerToken: string; consumerKey: string; consumerSecret: string }>(dir, [
      ...['app', 'add', '--licensee', licenseeId, '--plan', plan],
    ]);
  const app = await appOf('pro');
  const rate = 'getPostsByIds=1,getUsersByIds=1,getUsersByUsername=1'; // a call for each client
  await parleyJson(dir, ['plan', 'add', 'narrow', '--base', 'pro', '--rate', rate]);
  const { bearerToken: narrow } = await appOf('narrow');
  const own = await parleyJson<{ accessToken: string; accessTokenSecret: string; bearer: string }>(dir, [
    ...['app', 'token', app.appId, '--person', 'TweepyDev'],
  ]);
  const { operatorToken, address } = server;
  if (operatorToken === null) throw new Error('a first start prints the operator its token');
  return { given: { ...NAMED, ...app, ...own, narrow, operatorToken, address, crowd: CROWD, fresh }, way };
}

function people(): object[] {
  const named = Object.entries(USERNAMES).map(([id, username]) => ({ id, username, name: username }));
  const crowd = CROWD.map((id) => ({
    id,
    username: `crowd${id}`,
    name: `Crowd ${id}`,
    description: 'one of many',
  }));
  return [...named, ...crowd, { id: NAMED.gone, username: 'gone', name: 'Gone', state: 'suspended' }];
}

/** An X v2 post; its time is its id's. */
function post(id: string, author_id: string, text: string, more: object = {}): object {
  return { id, author_id, text, created_at: new Date(idTime(id)).toISOString(), lang: 'en', ...more };
}

function posts(fresh: readonly string[]): object[] {
  const begun = makeId(idTime(NAMED.reply) - MINUTE_MS, 1);
  const after = (id: string, minutes: number, low = 1) => makeId(idTime(id) + minutes * MINUTE_MS, low);
  const pointing = (type: string, id: string) => ({ referenced_tweets: [{ type, id }] });
  return [
    post(NAMED.announcement, NAMED.dev, 'The new API is here'),
    post(NAMED.apiAnnouncement, NAMED.api, 'The new API has arrived', { lang: 'en' }),
    post(NAMED.retweetAnnouncement, NAMED.dev, 'Reposts by the API'),
    post(NAMED.bookmarkAnnouncement, NAMED.dev, 'Bookmarks by the API'),
    post(NAMED.jackPost, NAMED.jack, 'open by default'),
    post(begun, NAMED.me, 'who answers?', { conversation_id: begun }),
    post(NAMED.reply, NAMED.harmon, '@TweepyDev a test', {
      conversation_id: begun,
      in_reply_to_user_id: NAMED.me,
      ...pointing('replied_to', begun),
    }),
    post(after(NAMED.announcement, 5), NAMED.support, 'see this', pointing('quoted', NAMED.announcement)),
    ...CROWD.map((id, index) =>
      post(
        after(NAMED.jackPost, 1, index),
        id,
        'RT @jack: open by default',
        pointing('retweeted', NAMED.jackPost),
      ),
    ),
    post(
      after(NAMED.retweetAnnouncement, 1),
      NAMED.support,
      'RT @TwitterDev: Reposts by the API',
      pointing('retweeted', NAMED.retweetAnnouncement),
    ),
    ...fresh.map((id, index) =>
      post(id, CROWD[index % CROWD.length]!, `Tweepy asks @Twitter ${index}, with #data`),
    ),
    post(makeId(idTime(fresh[0]!), 9_999), NAMED.twitter, 'we hear you'),
  ];
}

/** What persons hold towards each other: the counts of a platform's past include it. */
function held(): object[] {
  const counted = true;
  const list = (id: string, name: string, owner_id: string) => ({ id, name, owner_id, private: false });
  return [
    list(NAMED.official, 'Official Twitter Accounts', NAMED.twitter),
    list(NAMED.parks, 'National-parks', NAMED.jack),
    ...[NAMED.support, NAMED.dev, NAMED.api].map((person_id) => ({
      op: 'add-member',
      list_id: NAMED.official,
      person_id,
      counted,
    })),
    ...CROWD.slice(0, 8).map((person_id) => ({ op: 'add-member', list_id: NAMED.parks, person_id, counted })),
    ...CROWD.map((person_id) => ({ op: 'follow-list', person_id, list_id: NAMED.parks, counted })),
    { op: 'follow-list', person_id: NAMED.news, list_id: NAMED.official, counted },
    { op: 'add-member', list_id: NAMED.parks, person_id: NAMED.twitter, counted },
    { op: 'follow', person_id: NAMED.twitter, target_id: NAMED.support, counted },
    { op: 'follow', person_id: NAMED.jack, target_id: NAMED.twitter, counted },
    ...CROWD.map((person_id) => ({ op: 'follow', person_id, target_id: NAMED.jack, counted })),
    ...CROWD.map((person_id) => ({ op: 'like', person_id, post_id: NAMED.jackPost, counted })),
    { op: 'like', person_id: NAMED.twitter, post_id: NAMED.announcement, counted },
  ];
}
