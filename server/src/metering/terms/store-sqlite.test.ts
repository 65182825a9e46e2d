import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openTermsStore } from './store-sqlite.ts';
import { storeCase } from './testing/store-cases.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-store-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

storeCase('SQLite', async () => {
  const file = join(folder, `terms-${files++}.db`);
  return { store: await openTermsStore(file), again: () => openTermsStore(file) };
});

test('texts with quotes and statements in them are only texts', async () => {
  const store = await openTermsStore(':memory:');
  const name = `Robert'); DROP TABLE licensees;--`;
  await store.change('1', { licensee: { licenseeId: '1', name, log: 'robert', createdAt: 0 } });
  assert.equal((await store.everything()).licensees[0]?.name, name);
  await store.close();
});
