import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Change } from '#posts';
import type { Dialect, DialectSetting } from '#terms';
import { operations } from '#x';
import { declaredTypes } from '../clients/declared-types.ts';
import { xdkDifferences } from '../clients/xdk-answers.ts';
import { type Api, apiWorld, type Json, person, post, untilSuiteEnds } from './api.ts';
import { GOOD, GROUND } from './good.ts';

const inModules = (path: string) => fileURLToPath(new URL(`../../../node_modules/${path}`, import.meta.url));
/** What the client that most apps use declares of them, in the classic one. */
const V2 = 'twitter-api-v2/dist/esm/types/v2';
const CLASSIC = declaredTypes(
  ['tweet.definition.v2', 'tweet.v2.types', 'user.v2.types', 'list.v2.types', 'shared.v2.types'].map((name) =>
    inModules(`${V2}/${name}.d.ts`),
  ),
);
const USER_AGENTS = { current: 'xdk-typescript/0.6.6', classic: 'Python/3.11 Requests/2.28 Tweepy/4.17' };

const MEDIA = {
  mediaKey: '3_7',
  type: 'photo',
  url: 'https://a.example/7.jpg',
  width: 4,
  height: 2,
} as const;
/** Of everything something: what is not there, no answer could show under a wrong name. */
const WHOLE = [
  ...GROUND,
  person('103', {
    username: 'carol',
    description: 'sees #a',
    entities: { description: { hashtags: [{ start: 5, end: 7, tag: 'a' }] } },
    pinnedPostId: '3',
    metrics: { followers: 1, following: 2, posts: 3, listed: 4, likes: 5, media: 6 },
  }),
  post(7, {
    id: '3',
    authorId: '103',
    conversationId: '1',
    text: 'a3 @alice',
    longText: { text: 'a3 @alice and more', entities: {} },
    entities: { mentions: [{ start: 3, end: 9, username: 'alice', id: '101' }] },
    references: [{ type: 'quoted', id: '1' }],
    mediaKeys: [MEDIA.mediaKey],
    pollIds: ['5'],
  }),
  { kind: 'media', media: MEDIA },
  { kind: 'poll', poll: { id: '5', options: [{ position: 1, label: 'tea', votes: 0 }] } },
] as unknown as Change[];

const reads = operations.filter(({ method = 'GET', opens, id }) => method === 'GET' && !opens && GOOD[id]);

/** The operation's good address with every field and expansion that a client of the dialect can name; without any, bare. */
function addressOf(
  { id, parameters }: (typeof operations)[number],
  dialect: Dialect,
  isBare: boolean,
): string {
  const lists = Object.values(parameters).flatMap((parameter) => {
    const isFields = parameter.kind === 'words' && /(fields|expansions)$/.test(parameter.name);
    if (!isFields || isBare) return [];
    const name = dialect === 'current' ? (parameter.also ?? parameter.name) : parameter.name;
    return [`${name}=${parameter.of.words.map((word) => parameter.of.spell(word, dialect)).join(',')}`];
  });
  const base = GOOD[id]!.replace('/2/tweets/1', '/2/tweets/3').replace('ids=1', 'ids=3,9');
  if (lists.length === 0) return base;
  return `${base}${base.includes('?') ? '&' : '?'}${lists.join('&')}`;
}

describe('the answers of every operation that reads', () => {
  const until = untilSuiteEnds();
  let api: Api;

  before(async () => {
    api = await apiWorld(until);
    await api.apply(...WHOLE);
  });

  /** What each answer has that its declaration has not, by operation. */
  async function differences(
    dialect: Dialect,
    {
      isBare,
      setting,
      headers,
    }: { isBare: boolean; setting: DialectSetting; headers: Record<string, string> },
    compare: (answer: Json, operation: (typeof operations)[number]) => string[],
  ): Promise<Record<string, string[]>> {
    const app = await api.app({ plan: 'enterprise-200m', dialect: setting });
    const alice = api.person(app, '101');
    const found: Record<string, string[]> = {};
    for (const operation of reads) {
      const url = addressOf(operation, dialect, isBare);
      const { status, text, json } = await api.get(
        operation.auth.includes('app') ? app : alice,
        url,
        headers,
      );
      assert.ok(status === 200 || operation.missing === status, `${operation.id}: ${text}`);
      if (status !== 200) continue;
      if (operation.id === 'getPostsById' && !isBare)
        assert.ok(json.includes.polls && json.includes.media, text);
      const different = compare(json, operation);
      if (different.length > 0) found[operation.id] = different;
    }
    return found;
  }

  type Way = readonly [
    how: string,
    isBare: boolean,
    setting: 'auto' | undefined,
    headers: typeof dialectHeaders,
  ];
  const ways: readonly Way[] = [
    ['a request without a word that was renamed, by the name of its client', true, 'auto', dialectHeaders],
    ['every field and expansion, by the words alone', false, 'auto', () => ({})],
    ['a bare request, by the setting of its app', true, undefined, () => ({})],
  ];

  for (const [how, isBare, setting, headers] of ways) {
    test(`are what X's own client declares: ${how}`, async () => {
      const given = { isBare, setting: setting ?? ('current' as const), headers: headers('current') };
      const found = await differences('current', given, (answer, { id }) => xdkDifferences(id, answer));
      assert.deepEqual(found, {});
    });

    test(`in the classic dialect have the names that twitter-api-v2 declares: ${how}`, async () => {
      const given = { isBare, setting: setting ?? ('classic' as const), headers: headers('classic') };
      const found = await differences('classic', given, (answer, { answer: name }) =>
        classicNames(answer, name),
      );
      assert.deepEqual(found, {});
    });
  }
});

function dialectHeaders(dialect: Dialect): Record<string, string> {
  return { 'user-agent': USER_AGENTS[dialect] };
}

function classicNames(answer: Json, name: string): string[] {
  const kind = /^Posts?(Answer|Page)/.test(name)
    ? 'TweetV2'
    : /^Persons?(Answer|sPage|Page)/.test(name)
      ? 'UserV2'
      : undefined;
  const data = kind === undefined ? [] : [answer.data ?? []].flat();
  const found = [
    ...data.flatMap((one: Json) => CLASSIC.differences(one, kind ?? '')),
    ...(answer.includes ? CLASSIC.differences(answer.includes, 'ApiV2Includes') : []),
  ];
  return found.filter((line) => line.endsWith('is not declared'));
}
