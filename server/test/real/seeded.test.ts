import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { type Json, untilSuiteEnds } from '../contract/api.ts';
import { drive, type Way, withoutModule } from './python.ts';
import { type Seeded, seed } from './seeded.ts';
import { twarcOf, withoutTwarc } from './twarc/command.ts';

const missing =
  withoutModule('tweepy', 'python3-tweepy') ||
  withoutModule('tweepy.asynchronous', 'python3-aiohttp or python3-async-lru');

describe('a platform that was filled from the command line', { skip: missing, timeout: 1_200_000 }, () => {
  const until = untilSuiteEnds();
  let given: Seeded;
  let way: Way;
  before(async () => {
    ({ given, way } = await seed(until));
  });

  // First: the others write posts of their own.
  test('gives twarc2 itself what its commands collect', { skip: withoutTwarc() }, async (t) => {
    const twarc = twarcOf(t, way, ['--bearer-token', given.bearerToken]);
    const collected = async (...args: string[]) => {
      const name = `${args.join('-').replace(/\W/g, '')}.jsonl`;
      await twarc.run(...args, name);
      return twarc.read(name).flatMap(({ data }) => data ?? []) as Json[];
    };
    const ids = (things: Json[]) => things.map(({ id }) => id as string).toSorted();
    const fresh = given.fresh.toSorted();

    assert.deepEqual(ids(await collected('search', 'Tweepy')), fresh);
    assert.equal((await collected('search', '--archive', '--limit', '50', 'Tweepy')).length, 100);
    await twarc.run('search', 'Tweepy', 'found.jsonl');
    await twarc.run('flatten', 'found.jsonl', 'flat.jsonl');
    const flat = twarc.read('flat.jsonl');
    assert.deepEqual(ids(flat), fresh);
    assert.ok(
      flat.every(({ author, author_id }) => author.id === author_id),
      'expansions are found again',
    );
    assert.match((await twarc.run('counts', 'Tweepy', '--text')).stdout, /Total Tweets: 130/);

    const posts = twarc.file('ids.txt', [given.announcement, given.jackPost, '9']);
    assert.deepEqual(
      ids(await collected('hydrate', posts)),
      ids([{ id: given.announcement }, { id: given.jackPost }]),
    );
    const people = twarc.file('people.txt', [given.dev, given.jack, given.gone]);
    assert.deepEqual(ids(await collected('users', people)), [given.dev, given.jack].toSorted());
    assert.deepEqual(ids(await collected('followers', 'jack')), [...given.crowd].toSorted());
    assert.deepEqual(ids(await collected('following', 'jack')), [given.twitter]);
    assert.deepEqual(ids(await collected('timeline', 'TwitterAPI')), [given.apiAnnouncement]);
    assert.equal((await collected('mentions', given.twitter)).length, 130);
    const [reply] = await collected('hydrate', twarc.file('reply.txt', [given.reply]));
    const thread = await collected('conversation', '--archive', reply.conversation_id);
    assert.deepEqual(ids(thread), ids([{ id: given.reply }, { id: reply.conversation_id }]));
    assert.equal((await collected('liking-users', given.jackPost)).length, given.crowd.length);
    assert.equal((await collected('retweeted-by', given.jackPost)).length, given.crowd.length);
    assert.equal((await collected('quotes', given.announcement)).length, 1);
    assert.deepEqual(ids(await collected('liked-tweets', 'Twitter')), [given.announcement]);
    assert.equal((await collected('lists', 'members', given.official)).length, 3);

    await twarc.run('stream-rules', 'add', 'coffee', '--tag', 'drinks');
    assert.match((await twarc.run('stream-rules', 'list')).stderr, /coffee \(tag: drinks\)/);
    await twarc.run('stream-rules', 'delete', 'coffee');
    assert.match((await twarc.run('compliance-job', 'list')).stderr, /no|No|Retriev/);

    const signed = twarcOf(t, way, [
      ...['--consumer-key', given.consumerKey, '--consumer-secret', given.consumerSecret],
      ...[
        '--access-token',
        given.accessToken,
        '--access-token-secret',
        given.accessTokenSecret,
        '--user-auth',
      ],
    ]);
    assert.match((await signed.run('user', 'name', 'jack')).stdout, /"username": "jack"/);
  });

  test('gives tweepy all that its own suite asks for', (t) => drive(t, 'tweepy/suite.py', given, way));

  test('gives tweepy the same asynchronously', (t) => drive(t, 'tweepy/asynchronous.py', given, way));

  test('answers what twarc2 asks, in its way', (t) => drive(t, 'twarc/habits.py', given, way));
});
