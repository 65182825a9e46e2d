import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { type Api, apiWorld, idAgo, type Json, person, post, untilSuiteEnds } from './api.ts';

const ids = (json: Json): string[] => (json.data ?? []).map((one: { id: string }) => one.id);
const query = (text: string) => `query=${encodeURIComponent(text)}`;

/** As X makes them, as tables and outboxes of other networks hold them, and the longest. */
const NAMES = ['alice', 'jean-luc.p', 'ana_social_example_org', 'Jo.', '-x-', '_', 'a'.repeat(64)];

describe('whatever user name an answer carries can be asked for', () => {
  let api: Api;
  let app: Awaited<ReturnType<Api['app']>>;
  const until = untilSuiteEnds();
  const authorOf = (index: number) => String(201 + index);
  const own = (index: number) => idAgo(60 + index * 100);
  const mentioning = (index: number) => idAgo(61 + index * 100);

  before(async () => {
    api = await apiWorld(until);
    app = await api.app();
    await api.apply(
      person('999', { username: 'jean' }),
      ...NAMES.flatMap((username, index) => [
        person(authorOf(index), { username }),
        post(60 + index * 100, { text: 'from me', authorId: authorOf(index) }),
        post(61 + index * 100, {
          text: `hello 👋 @${username}, how are you?`,
          authorId: '999',
          inReplyToPersonId: authorOf(index),
          entities: undefined,
        }),
      ]),
    );
  });

  test('by user name, alone and in a list', async () => {
    for (const [index, name] of NAMES.entries()) {
      const { status, json } = await api.get(app, `/2/users/by/username/${name}`);
      assert.deepEqual([status, json.data?.id], [200, authorOf(index)], name);
      assert.equal(json.data.username, name);
    }
    const { json } = await api.get(app, `/2/users/by?usernames=${NAMES.join(',')}`);
    assert.deepEqual(
      ids(json),
      NAMES.map((_, index) => authorOf(index)),
    );
  });

  test('as the author and as the one replied to', async () => {
    for (const [index, name] of NAMES.entries()) {
      for (const at of ['', '@']) {
        const from = await api.get(app, `/2/tweets/search/recent?${query(`from:${at}${name}`)}`);
        assert.deepEqual(ids(from.json), [own(index)], name);
      }
      const to = await api.get(app, `/2/tweets/search/recent?${query(`to:${name}`)}`);
      assert.deepEqual(ids(to.json), [mentioning(index)], name);
    }
  });

  test('as a mention: the query, the listing, and the entity that is served', async () => {
    for (const [index, name] of NAMES.entries()) {
      // X's rules of a mention ask for a letter, digit or underscore at both of its ends.
      if (!/^\w(.*\w)?$/.test(name)) continue;
      const found = await api.get(
        app,
        `/2/tweets/search/recent?${query(`@${name}`)}&tweet.fields=entities&expansions=entities.mentions.username`,
      );
      assert.deepEqual(ids(found.json), [mentioning(index)], name);
      const [mention] = found.json.data[0].entities.mentions;
      assert.equal(mention.username, name);
      const text = [...found.json.data[0].text];
      assert.equal(text.slice(mention.start, mention.end).join(''), `@${name}`);
      assert.deepEqual(
        found.json.includes.users.map((one: { id: string }) => one.id),
        [authorOf(index)],
      );
      const listed = await api.get(app, `/2/users/${authorOf(index)}/mentions`);
      assert.deepEqual(ids(listed.json), [mentioning(index)], name);
    }
  });

  test('in stream rules', async () => {
    const add = NAMES.flatMap((name) => [{ value: `from:${name} to:${name}` }, { value: `@${name}` }]);
    const { status, json } = await api.send('POST', app, '/2/tweets/search/stream/rules', { add });
    assert.deepEqual([status, json.meta?.summary?.valid], [201, add.length], JSON.stringify(json.errors));
  });

  test('a mention of somebody who comes later is found by every name that it may mean', async () => {
    const id = idAgo(2_000);
    await api.apply(post(2_000, { text: 'ask @max-a.b later', authorId: '999', entities: undefined }));
    for (const name of ['max', 'max-a', 'max-a.b']) {
      const { json } = await api.get(app, `/2/tweets/search/recent?${query(`@${name}`)}`);
      assert.deepEqual(ids(json), [id], name);
    }
    const { json } = await api.get(app, `/2/tweets/search/recent?${query('@max-')}`);
    assert.deepEqual(ids(json), []);
  });

  test('what no account can be called is refused', async () => {
    for (const name of ['a!b', 'a'.repeat(65), 'caf%C3%A9'])
      assert.equal((await api.get(app, `/2/users/by/username/${name}`)).status, 400, name);
  });
});
