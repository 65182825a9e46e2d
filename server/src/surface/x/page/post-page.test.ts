import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Post, PostReader } from '#posts';
import { postSelection } from '../params/field-selection.ts';
import { createJsonCache } from '../present/json-cache.ts';
import { pageOfPosts } from './post-page.ts';

const post = (id: string) =>
  ({
    id,
    authorId: '2',
    text: id,
    references: [],
    editHistory: [id],
    entities: {},
    metrics: {},
  }) as unknown as Post;

const around = { now: () => 0, mayWrite: () => false, isAskingToFollow: () => false };

test('what is gone since the index named it makes the page shorter; its token still goes on', async () => {
  const stored: Record<string, Post | 'deleted'> = { '9': post('9'), '8': 'deleted', '6': post('6') };
  const reader = {
    posts: (ids: readonly string[]) => ids.map((id) => stored[id]),
    people: (ids: readonly string[]) => ids.map(() => undefined),
  } as unknown as PostReader;
  const jsonCache = createJsonCache(reader, around, 1 << 20);
  const page = pageOfPosts(
    jsonCache,
    ['9', '8', '7', '6'],
    postSelection({ dialect: 'classic' }),
    {},
    (cut) => ({
      next: cut ? `below ${cut.last}` : 'more',
    }),
  );
  assert.deepEqual(
    page.groups.map(({ id }) => id),
    ['9', '6'],
  );
  const none = { posts: new Set<string>(), persons: new Set<string>() };
  const whole = JSON.parse(await page.present({ kept: 2, dropped: none }));
  assert.deepEqual(whole.meta, { newest_id: '9', oldest_id: '6', result_count: 2, next_token: 'more' });
  const cut = JSON.parse(await page.present({ kept: 1, dropped: none }));
  assert.deepEqual(cut.meta, { newest_id: '9', oldest_id: '9', result_count: 1, next_token: 'below 9' });
  const empty = pageOfPosts(jsonCache, ['8'], postSelection({ dialect: 'classic' }), {}, () => ({
    next: 'more',
  }));
  assert.equal(
    await empty.present({ kept: 0, dropped: none }),
    '{"meta":{"result_count":0,"next_token":"more"}}',
  );
});
