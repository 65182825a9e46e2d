import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, idTime, testClock } from '#kernel';
import type { Change } from '#posts';
import { NOW, testGround } from '../testing/source-cases.ts';
import { eventIntensity, eventStart } from './calendar.ts';
import { castPerson } from './cast.ts';
import { TOPICS } from './language.ts';
import { LANGUAGES } from './languages/index.ts';
import { generateSample, liveSample } from './sample.ts';

type PostOf = Extract<Change, { kind: 'post' }>['post'];
const sample = (posts: number, seed = 1) => [
  ...generateSample({ posts, people: Math.ceil(posts / 10), seed, now: NOW }),
];
const postsOf = (changes: Change[]): PostOf[] =>
  changes.flatMap((one) => (one.kind === 'post' ? [one.post] : []));

test('the same arguments give the same platform, another seed another one', () => {
  assert.deepEqual(sample(300), sample(300));
  assert.notDeepEqual(sample(300, 2), sample(300));
});

test('there are as many posts as asked for, with ids of their own times, in order, none later than now', () => {
  for (const count of [1, 7, 500, 5_000]) {
    const posts = postsOf(sample(count));
    assert.equal(posts.length, count);
    assert.equal(new Set(posts.map((post) => post.id)).size, count);
    for (const [index, post] of posts.entries()) {
      assert.equal(idTime(post.id), post.createdAt);
      assert.ok(post.createdAt <= NOW && post.createdAt >= NOW - 22 * DAY_MS);
      assert.ok(index === 0 || post.createdAt >= posts[index - 1]!.createdAt);
    }
  }
});

test('the store takes every change of it, and taking it again changes no post', async (t) => {
  const ground = testGround(t);
  const changes = sample(3_000);
  const apply = async () => {
    const outcomes = [];
    for (let at = 0; at < changes.length; at += 1_000)
      outcomes.push(...(await ground.writer.apply(changes.slice(at, at + 1_000))));
    return outcomes;
  };
  assert.deepEqual(
    (await apply()).filter((one) => one.status === 'refused'),
    [],
  );
  assert.equal(ground.reader.size().people, 300);
  const again = await apply();
  const changed = again.filter(
    (one, index) => changes[index]?.kind === 'post' && one.status !== 'unchanged' && one.status !== 'refused',
  );
  assert.deepEqual(changed, []);
});

test('what posts answer, quote and repost was written before them, and counts tell how often', () => {
  const changes = sample(6_000);
  const written = new Map<string, { replied_to: number; quoted: number; retweeted: number }>();
  for (const post of postsOf(changes)) {
    for (const { type, id } of post.references) {
      const target = written.get(id);
      assert.ok(target, `${post.id} refers to ${id}, which is not there`);
      target[type]++;
    }
    written.set(post.id, { replied_to: 0, quoted: 0, retweeted: 0 });
  }
  const told = new Map(
    changes.flatMap((one) => (one.kind === 'metrics' ? [[one.id, one.metrics] as const] : [])),
  );
  for (const [id, counts] of written) {
    const { replies = 0, quotes = 0, reposts = 0 } = told.get(id) ?? {};
    assert.deepEqual([replies, quotes, reposts], [counts.replied_to, counts.quoted, counts.retweeted], id);
  }
});

test('its people follow, like and list each other, and the counts that posts and persons show stay theirs', async (t) => {
  const ground = testGround(t);
  const changes = sample(2_000);
  for (let at = 0; at < changes.length; at += 1_000) await ground.writer.apply(changes.slice(at, at + 1_000));
  const ties = changes.flatMap((one) => (one.kind === 'relate' ? [one] : []));
  for (const kind of ['follow', 'like', 'list-member'] as const) {
    const some = ties.filter(({ relation }) => relation === kind);
    assert.ok(some.length > 50, `${some.length} of ${kind}`);
    assert.ok(some.every(({ from, to }) => from !== to));
  }
  const told = new Map(
    changes.flatMap((one) => (one.kind === 'person' ? [[one.person.id, one.person]] : [])),
  );
  for (const person of ground.reader.people([...told.keys()])) {
    assert.equal(person!.metrics.followers, told.get(person!.id)!.metrics.followers);
  }
});

test('it looks like many people: ten languages, varied words, few repeats, pictures, polls, places, edits, deletions', () => {
  const changes = sample(20_000);
  const posts = postsOf(changes);
  const own = posts.filter((post) => post.references[0]?.type !== 'retweeted');
  const texts = new Map<string, number>();
  for (const post of own) texts.set(post.text, (texts.get(post.text) ?? 0) + 1);
  assert.ok(texts.size > own.length * 0.9, `${texts.size} different texts in ${own.length} posts`);
  assert.ok(Math.max(...texts.values()) < 40);
  const languages = new Set(posts.map((post) => post.lang));
  assert.deepEqual([...languages].sort(), ['ar', 'de', 'en', 'es', 'hi', 'in', 'ja', 'jv', 'pt', 'su']);
  assert.ok(posts.filter((post) => post.lang === 'in').length > 2_000);
  const kinds = new Set(changes.map((one) => one.kind));
  for (const kind of ['place', 'person', 'media', 'poll', 'edit', 'delete-post', 'metrics'] as const)
    assert.ok(kinds.has(kind), kind);
  for (const type of ['replied_to', 'quoted', 'retweeted']) {
    assert.ok(posts.filter((post) => post.references[0]?.type === type).length > 800, type);
  }
  assert.ok(own.filter((post) => post.geo?.coordinates).length > 50);
  assert.ok(changes.some((one) => one.kind === 'media' && one.media.altText && one.media.type === 'photo'));
});

test('the cast has few famous and many unknown people, some protected, some who refuse', () => {
  const people = Array.from({ length: 3_000 }, (_, index) => castPerson(index).person);
  assert.equal(new Set(people.map((person) => person.username)).size, people.length);
  assert.equal(new Set(people.map((person) => person.id)).size, people.length);
  const followers = people.map((person) => person.metrics.followers).sort((a, b) => b - a);
  const all = followers.reduce((sum, count) => sum + count, 0);
  const top = followers.slice(0, 30).reduce((sum, count) => sum + count, 0);
  assert.ok(top > all / 2, 'a hundredth of the people has half of the followers');
  assert.ok(followers[1_500]! < 100);
  const share = (is: (person: (typeof people)[number]) => boolean) =>
    people.filter(is).length / people.length;
  assert.ok(share((person) => person.protected) > 0.01);
  assert.ok(share((person) => !person.preferences.aiTraining) > 0.08);
  assert.ok(share((person) => !person.preferences.search) > 0.002);
  assert.ok(share((person) => !person.preferences.redistribution) > 0.03);
});

test('the event rises within the hour and decays, and its eye-witness is the most quoted and reposted', () => {
  const posts = postsOf(sample(20_000));
  const eyewitness = posts.find((post) => post.text.includes('#SinarLaut'))!;
  assert.equal(eyewitness.lang, 'in');
  assert.ok(eyewitness.mediaKeys && eyewitness.geo);
  const about = (from: number, until: number) =>
    posts.filter(
      (post) => post.createdAt >= eventStart(NOW) + from && post.createdAt < eventStart(NOW) + until,
    ).length;
  const hour = 3_600_000;
  assert.ok(about(0, hour) > 3 * about(-2 * hour, -hour), 'the first hour is far above the hours before');
  assert.ok(about(hour, 2 * hour) > about(12 * hour, 13 * hour));
  const repeated = new Map<string, number>();
  for (const post of posts)
    for (const { id } of post.references) repeated.set(id, (repeated.get(id) ?? 0) + 1);
  assert.equal([...repeated].sort((a, b) => b[1] - a[1])[0]?.[0], eyewitness.id);
  assert.deepEqual([eventIntensity(-1), eventIntensity(40 * 60_000)], [0, 1]);
});

test('days have nights: at three in the morning Jakarta writes less than a third of what it writes in the evening', () => {
  const hours = new Array<number>(24).fill(0);
  for (const post of postsOf(sample(20_000)))
    if (post.lang === 'in') hours[(new Date(post.createdAt).getUTCHours() + 7) % 24]!++;
  assert.ok(hours[3]! * 3 < hours[20]!, `${hours}`);
});

test('live posts come now, one at a time, from people who are in every sample', async (t) => {
  const ground = testGround(t);
  const clock = testClock(NOW);
  const known = new Set(Array.from({ length: 400 }, (_, index) => castPerson(index).person.id));
  const live = liveSample({ seed: 2, clock });
  for (let turn = 0; turn < 200; turn++) {
    clock.advance(400);
    const { value } = live.next();
    const [post, ...others] = postsOf(value);
    assert.equal(others.length, 0);
    assert.ok(post && known.has(post.authorId) && post.createdAt === clock.now());
    const outcomes = await ground.writer.apply(value);
    assert.deepEqual(
      outcomes.filter((one) => one.status === 'refused'),
      [],
    );
  }
  assert.equal(ground.reader.size().posts, 200);
});

test('every language can say something on every topic, and no slot is left open', () => {
  assert.ok(LANGUAGES.every((language) => TOPICS.every((topic) => language.topics[topic].lines.length >= 3)));
  assert.deepEqual(
    postsOf(sample(20_000)).filter((post) => /[{}]|undefined/.test(post.text)),
    [],
  );
});
