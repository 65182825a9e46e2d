import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Client } from '@xdevplatform/xdk';
import { WORLD_START } from '#test/world';
import { watchXdkAnswers } from '../clients/xdk-answers.ts';
import { type Api, apiWorld, idAgo, type Json, person, post, untilSuiteEnds } from './api.ts';

const MENTION = { mentions: [{ start: 6, end: 12, username: 'alice', id: '101' }] };
const ids = (answer: Json): string[] => (answer.data ?? []).map((one: Json) => one.id);

/** The official XDK, unchanged but for its address: an oracle that nobody here wrote. It speaks the newer dialect. */
describe('@xdevplatform/xdk', () => {
  const until = untilSuiteEnds();
  const own = Array.from({ length: 25 }, (_one, index) => idAgo(100 + index));
  let api: Api;
  let app: Awaited<ReturnType<Api['app']>>;
  let baseUrl: string;
  let client: Json;
  let alice: Json;

  before(async () => {
    api = await apiWorld(until);
    app = await api.app();
    await api.apply(
      person('101', { username: 'alice', pinnedPostId: own[3] }),
      person('102', { username: 'bob' }),
      ...own.map((_id, index) => post(100 + index, { text: `coffee ${index}` })),
      post(90, { authorId: '101', text: 'a quote', references: [{ type: 'quoted', id: own[0]! }] }),
      post(80, { authorId: '102', text: 'hello @alice', entities: MENTION }),
    );
    baseUrl = await api.server.listen({ host: '127.0.0.1', port: 0 });
    client = new Client({ bearerToken: app.bearerToken, baseUrl }) as Json;
    alice = clientOf('101');
  });
  const clientOf = (id: string) =>
    new Client({ accessToken: api.person(app, id).bearerToken, baseUrl }) as Json;

  test('looks up, searches over pages, counts, reads timelines and meets errors', async () => {
    const one = await client.posts.getById(idAgo(90), {
      postFields: ['created_at', 'public_metrics'],
      expansions: ['author_id', 'referenced_posts'],
    });
    assert.equal(one.data.text, 'a quote');
    assert.equal(one.data.createdAt, '2026-11-21T09:58:30.000Z');
    assert.equal(one.data.publicMetrics.repostCount, 1);
    assert.equal(one.includes.users[0].username, 'alice');
    assert.equal(one.includes.posts[0].id, own[0]);

    const several = await client.posts.getByIds([own[0], '9']);
    assert.deepEqual(
      several.data.map((each: Json) => each.id),
      [own[0]],
    );
    assert.equal(several.errors[0].resourceId ?? several.errors[0].resource_id, '9');

    const seen: string[] = [];
    let nextToken: string | undefined;
    do {
      const page: Json = await client.posts.searchRecent('coffee', {
        maxResults: 10,
        ...(nextToken ? { nextToken } : {}),
      });
      seen.push(...page.data.map((each: Json) => each.id));
      nextToken = page.meta.nextToken;
    } while (nextToken);
    assert.deepEqual(seen, own);

    const bare = await client.posts.getCountsRecent('coffee', { granularity: 'day' });
    assert.deepEqual([bare.meta.totalPostCount, typeof bare.data[0].postCount], [25, 'number']);
    const plain = await client.users.getByUsername('alice', { userFields: ['public_metrics'] });
    assert.equal(plain.data.publicMetrics.postCount, 3);
    assert.deepEqual((await client.posts.getById(own[0])).data.editHistoryPostIds, [own[0]]);

    const counts = await client.posts.getCountsRecent('coffee', {
      granularity: 'day',
      searchCountFields: 'start,end,post_count',
    });
    assert.equal(counts.meta.totalPostCount, 25);

    const found = await client.users.getByUsername('alice', {
      userFields: ['public_metrics'],
      expansions: ['pinned_post_id'],
    });
    assert.equal(found.data.publicMetrics.postCount, 3);
    assert.equal(found.includes.posts[0].id, own[3]);

    const timeline = await client.users.getPosts('101', { maxResults: 5 });
    assert.equal(timeline.data.length, 5);
    assert.equal(typeof timeline.meta.nextToken, 'string');

    await assert.rejects(client.posts.searchRecent('(coffee'), (error: Json) => {
      assert.equal(error.status ?? error.statusCode, 400);
      return true;
    });
  });

  test('looks persons up, reads mentions, counts the archive, and hears of every missing id', async () => {
    const several = await client.users.getByIds(['101', '9', '102'], { userFields: ['verified_type'] });
    assert.deepEqual(ids(several), ['101', '102']);
    assert.equal(several.errors[0].resourceId, '9');
    const named = await client.users.getByUsernames(['bob', 'nobody']);
    assert.deepEqual([ids(named), named.errors[0].value], [['102'], 'nobody']);
    assert.equal((await client.users.getById('102')).data.username, 'bob');
    assert.deepEqual(ids(await client.users.getMentions('101')), [idAgo(80)]);
    assert.equal((await client.posts.searchAll('coffee', { maxResults: 10 })).data.length, 10);
    const counts = await client.posts.getCountsAll('coffee', { searchCountFields: ['post_count'] });
    assert.equal(counts.meta.totalPostCount, 25);
    assert.equal((await alice.users.getMe()).data.id, '101');
    const document = await client.general.getOpenApiSpec();
    assert.equal(document.openapi, '3.1.0');
  });

  test('writes a post, an answer, a quote, a poll, an edit; hides a reply; deletes', async () => {
    const bob = clientOf('102');
    const first = (await alice.posts.create({ text: 'who answers?' })).data;
    const reply = (await bob.posts.create({ text: 'I do', reply: { inReplyToTweetId: first.id } })).data;
    const quote = (await bob.posts.create({ text: 'see', quoteTweetId: first.id })).data;
    const poll = { options: ['tea', 'coffee'], durationMinutes: 60 };
    const asked = (await alice.posts.create({ text: 'which?', poll, replySettings: 'following' })).data;
    const found = await client.posts.getByIds([reply.id, quote.id, asked.id], {
      postFields: ['referenced_posts', 'conversation_id', 'reply_settings'],
      expansions: ['attachments.poll_ids'],
    });
    assert.deepEqual(
      found.data.map((one: Json) => one.referencedPosts?.[0]),
      [{ type: 'replied_to', id: first.id }, { type: 'quoted', id: first.id }, undefined],
    );
    assert.equal(found.data[0].conversationId, first.id);
    assert.equal(found.data[2].replySettings, 'following');
    assert.deepEqual(
      found.includes.polls[0].options.map((one: Json) => one.label),
      poll.options,
    );
    assert.deepEqual(ids(await client.posts.getQuoted(first.id)), [quote.id]);
    const edited = (
      await alice.posts.create({ text: 'who answers me?', editOptions: { previousPostId: first.id } })
    ).data;
    assert.deepEqual(edited.editHistoryPostIds, [first.id, edited.id]);
    assert.equal((await alice.posts.hideReply(reply.id, { hidden: true })).data.hidden, true);
    assert.equal((await alice.posts.delete(edited.id)).data.deleted, true);
    assert.equal((await client.posts.getById(first.id)).errors[0].title, 'Not Found Error');
    await assert.rejects(bob.posts.delete(asked.id), { status: 403 });
    await assert.rejects(alice.posts.create({}), { status: 400 });
  });

  test('asks about posts in a job, one of a type at a time', async () => {
    const made = await client.compliance.createJobs({ type: 'tweets', name: 'mine' });
    assert.deepEqual(ids(await client.compliance.getJobs('tweets')), [made.data.id]);
    assert.deepEqual(await client.compliance.getJobs('users'), {});
    await assert.rejects(client.compliance.createJobs({ type: 'tweets' }), { status: 409 });
    assert.equal((await client.compliance.getJobsById(made.data.id)).data.status, 'created');
  });

  test('reads what was used, and meets a full window with the time at which to come again', async () => {
    const usage = await client.usage.get({ days: 2, usageFields: ['daily_project_usage'] });
    assert.ok(Number(usage.data.projectUsage) > 0);
    await api.world.terms.addPlan({ name: 'narrow', base: 'pro', rates: { getUsersMe: [1, 1] } });
    const narrow = await api.app({ plan: 'narrow' });
    const accessToken = api.person(narrow, '101').bearerToken;
    const person = new Client({ accessToken, baseUrl }) as Json;
    await person.users.getMe();
    await assert.rejects(person.users.getMe(), (error: Json) => {
      assert.equal(error.status, 429);
      assert.equal(error.headers.get('x-rate-limit-remaining'), '0');
      assert.equal(Number(error.headers.get('x-rate-limit-reset')) % 900, 0);
      return true;
    });
  });

  test('opens each stream: rules, samples, the firehose, compliance of posts and persons', async () => {
    await client.stream.updateRules({ add: [{ value: 'tea', tag: 'teas' }] });
    const open: Record<string, Json> = {
      posts: await client.stream.posts({ expansions: ['author_id'] }),
      sample: await client.stream.postsSample(),
      tenth: await client.stream.postsSample10(1),
      all: await client.stream.postsFirehose(1),
      compliance: await client.stream.postsCompliance(1),
      people: await client.stream.usersCompliance(1),
    };
    const heard = (name: string, which: (event: Json) => boolean) =>
      new Promise<Json>((resolve) =>
        open[name].on('data', (event: Json) => {
          if (event.data && which(event)) resolve(event);
        }),
      );
    const [filtered, sampled, tenth, twentieth, deleted, hidden] = [
      heard('posts', () => true),
      heard('sample', () => true),
      heard('tenth', () => true),
      heard('all', () => true),
      heard('compliance', ({ data }) => data.delete !== undefined),
      heard('people', ({ data }) => data.user_protect !== undefined),
    ];
    const many = Array.from({ length: 1_000 }, (_one, index) =>
      post(2, { id: idAgo(2, index), text: 'milk' }),
    );
    await api.apply(post(1, { text: 'green tea' }), ...many);
    const event = await filtered;
    assert.deepEqual([event.data.id, event.matching_rules[0].tag], [idAgo(1), 'teas']);
    assert.equal(event.includes.users[0].username, 'alice');
    assert.equal((await sampled).data.text, 'milk');
    assert.ok((await tenth).data && (await twentieth).data);
    // One partition of four each: some of many posts, and this person.
    const gone = many.slice(0, 40).map(({ post: { id } }) => id);
    await api.apply(...gone.map((id) => ({ kind: 'delete-post', id, at: WORLD_START }) as const));
    assert.ok(gone.includes((await deleted).data.delete.tweet.id));
    await api.apply({ kind: 'protect', id: '102', protected: true });
    assert.equal((await hidden).data.user_protect.user.id, '102');

    const connections = await client.connections.getConnectionHistory();
    assert.equal(connections.data.length, 6);
    const closed = new Promise((resolve) => open.posts.on('close', resolve));
    const ended = await client.connections.deleteByEndpoint('filtered_stream');
    assert.equal(ended.data.successfulKills, 1);
    await closed;
    assert.equal((await client.connections.deleteAll()).data.successfulKills, 5);
  });

  test('was never answered by a mistake of ours', () => assert.deepEqual(api.mistakes, []));
});

watchXdkAnswers();
