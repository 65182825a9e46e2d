import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { type Change, createPostStore, defaultPerson, defaultPost, type Person, type Post } from '#posts';
import { openSearchIndex, type SearchIndexOptions } from '../index/open.ts';
import { createIndexWriter } from '../index/writer-sqlite.ts';
import type { SearchIndex, SearchRequest } from '../port.ts';
import { parse } from '../query/parse.ts';

/** The real posts' store with the real index, in a file that goes away with the test. */
export function openWorld(t: TestContext, options: SearchIndexOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-search-'));
  const path = join(folder, 'posts.db');
  const db = new DatabaseSync(path);
  const store = createPostStore(db, (connection) => createIndexWriter(connection, { partRowsMax: 25 }));
  const index = openSearchIndex(path, options);
  t.after(async () => {
    await index.close();
    db.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const apply = (...changes: Change[]): void => {
    for (const outcome of store.apply(changes).outcomes)
      assert.notEqual(outcome.status, 'refused', JSON.stringify(outcome));
  };
  return { apply, index, db };
}

export const START_MS = Date.UTC(2026, 10, 1);

export function aPost(id: string, text: string, fields: Partial<Post> = {}): Post {
  return {
    ...defaultPost({ id, authorId: '100', createdAt: START_MS }),
    text,
    lang: 'en',
    ...fields,
  };
}

export function aPerson(id: string, username: string, fields: Partial<Person> = {}): Person {
  return {
    ...defaultPerson(id),
    username,
    name: username,
    ...fields,
  };
}

export function idAt(ms: number, low = 0): string {
  return String((BigInt(ms - 1_288_834_974_657) << 22n) | BigInt(low));
}

export function queryOf(text: string) {
  const parsed = parse(text, { mode: 'search', lengthMax: 4096 });
  assert.ok(parsed.ok, `${text}: ${parsed.ok ? '' : parsed.message}`);
  return parsed.query;
}

export function asking(text: string, rest: Partial<SearchRequest> = {}): SearchRequest {
  return { query: queryOf(text), range: {}, limit: 100, order: 'recency', audience: {}, ...rest };
}

export async function allPages(index: SearchIndex, request: SearchRequest): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await index.search(after === undefined ? request : { ...request, after });
    assert.ok(page.ids.length <= request.limit);
    ids.push(...page.ids);
    if (page.next === undefined) return ids;
    assert.notEqual(page.next, after, 'a page gets on');
    after = page.next;
  }
}
