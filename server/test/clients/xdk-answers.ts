import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { httpClient } from '@xdevplatform/xdk';
import { operations } from '#x';
import { declaredTypes } from './declared-types.ts';

const XDK = declaredTypes([
  fileURLToPath(new URL('../../../node_modules/@xdevplatform/xdk/dist/index.d.ts', import.meta.url)),
]);

/** Where X's client declares less than its classic document says. */
const BESIDE: readonly RegExp[] = [
  // The classic document requires it of the list of rules; the current one only of a change.
  /^\$\.meta\.sent is not declared/,
  // Of a bucket, the fields that were asked for.
  /^\$\.data\[\d+\]\.(start|end) is missing/,
  // As every other page has it.
  /^\$\.meta\.resultCount is not declared|^\$\.meta is not declared/,
];

/** Names as the XDK makes them of an answer's: `edit_history_post_ids` → `editHistoryPostIds`. */
function camel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camel);
  if (typeof value !== 'object' || value === null) return value;
  const rename = (name: string) =>
    name.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [rename(name), camel(one)]));
}

/**
 * What an answer has that the XDK does not declare of it, or the other way about, one line each.
 * @param id the operation's. @param answer as it came, parsed.
 */
export function xdkDifferences(id: string, answer: unknown): string[] {
  const name = `${id[0]!.toUpperCase()}${id.slice(1)}Response`;
  const declared = [name, `${name}$1`].find((one) => XDK.has(one));
  if (!declared) return [];
  return XDK.differences(camel(answer), declared).filter((line) => !BESIDE.some((known) => known.test(line)));
}

const routes = operations.map(({ id, method = 'GET', path }) => ({
  id,
  method,
  places: path.split('{').length,
  pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`),
}));

const found = new Set<string>();
let seen = 0;
let isWatching = false;

/** All clients of a process share one `fetch`. */
function watch(): void {
  if (isWatching) return;
  isWatching = true;
  const http = httpClient as unknown as { fetch: typeof globalThis.fetch };
  const { fetch } = http;
  http.fetch = async (input, init) => {
    const reply = await fetch(input, init);
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    const method = init?.method ?? 'GET';
    const [route] = routes
      .filter((one) => one.method === method && one.pattern.test(pathname))
      .sort((one, other) => one.places - other.places);
    // A stream has no length, and no end to wait for.
    if (route && reply.ok && reply.headers.has('content-length')) {
      seen += 1;
      for (const line of xdkDifferences(route.id, await reply.clone().json()))
        found.add(`${route.id} ${line}`);
    }
    return reply;
  };
}

/**
 * Every answer that the XDK gets in this process is one that it declares. Called at the end of a file: its test is then the
 * last one.
 */
export function watchXdkAnswers(): void {
  watch();
  test('every answer was one that X’s own client declares', () => {
    assert.ok(seen > 0);
    assert.deepEqual([...found], []);
  });
}
