import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SCOPES } from './person-port.ts';
import { SCOPE_WORDS } from './words.ts';

test('the guide says of every scope what persons read', () => {
  const guide = readFileSync(new URL('../../../docs/guides/signing-in.md', import.meta.url), 'utf8');
  const rows = [...guide.matchAll(/^\| `([a-z.]+)` \| (.+) \|$/gm)].map(([, scope, words]) => [scope, words]);
  assert.deepEqual(
    rows.filter(([scope]) => scope?.includes('.')),
    SCOPES.map((scope) => [scope, SCOPE_WORDS[scope]]),
  );
});
