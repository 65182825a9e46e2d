import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Client } from '@xdevplatform/xdk';
import { apiWorld, idAgo, type Json, person, post } from './api.ts';

/** The official XDK, unchanged but for its address: an oracle that nobody here wrote. It speaks the newer dialect. */
describe('@xdevplatform/xdk', () => {
  test('looks up, searches over pages, counts, reads timelines and meets errors', async (t) => {
    const api = await apiWorld(t);
    const app = await api.app();
    const own = Array.from({ length: 25 }, (_one, index) => idAgo(100 + index));
    await api.apply(
      person('101', { username: 'alice', pinnedPostId: own[3] }),
      ...own.map((_id, index) => post(100 + index, { text: `coffee ${index}` })),
      post(90, { authorId: '101', text: 'a quote', references: [{ type: 'quoted', id: own[0]! }] }),
    );
    const baseUrl = await api.server.listen({ host: '127.0.0.1', port: 0 });
    const client = new Client({ bearerToken: app.bearerToken, baseUrl }) as Json;

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

    const counts = await client.posts.getCountsRecent('coffee', {
      granularity: 'day',
      searchCountFields: 'start,end,post_count',
    });
    assert.equal(counts.meta.totalPostCount, 25);

    const alice = await client.users.getByUsername('alice', {
      userFields: ['public_metrics'],
      expansions: ['pinned_post_id'],
    });
    assert.equal(alice.data.publicMetrics.postCount, 3);
    assert.equal(alice.includes.posts[0].id, own[3]);

    const timeline = await client.users.getPosts('101', { maxResults: 5 });
    assert.equal(timeline.data.length, 5);
    assert.equal(typeof timeline.meta.nextToken, 'string');

    await assert.rejects(client.posts.searchRecent('(coffee'), (error: Json) => {
      assert.equal(error.status ?? error.statusCode, 400);
      return true;
    });
    assert.deepEqual(api.mistakes, []);
  });
});
