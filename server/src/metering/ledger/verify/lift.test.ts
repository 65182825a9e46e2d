import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

test('the verifier and the formats import node:crypto and each other, nothing else', () => {
  for (const folder of ['./', '../format/']) {
    const url = new URL(folder, import.meta.url);
    const names = readdirSync(url).filter((name) => name.endsWith('.ts') && !/\.(test|fake)\.ts$/.test(name));
    assert.ok(names.length > 4);
    for (const name of names) {
      const text = readFileSync(new URL(name, url), 'utf8');
      for (const [, from] of text.matchAll(/(?:from|import) '([^']+)'/g)) {
        const isOwn =
          /^\.\/[a-z0-9-]+\.ts$/.test(from!) ||
          (folder === './' && /^\.\.\/format\/[a-z0-9-]+\.ts$/.test(from!));
        assert.ok(isOwn || from === 'node:crypto', `${folder}${name} imports ${from}`);
      }
    }
  }
});
