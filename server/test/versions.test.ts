import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { testWorld } from './world.ts';

/** SQLite's own lock, and nothing in it. */
const WITHOUT_TABLES = 'lock.db';
/** Kysely keeps their versions in a table of its own. */
const BY_KYSELY = ['access.db', 'terms.db'];

/** What stands in a file but its pages' order: tables, indexes and rows. */
function contentOf(file: string): unknown {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const schema = db
      .prepare("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name")
      .all();
    return schema.map(({ name, sql }) => ({ name, sql }));
  } finally {
    db.close();
  }
}

function alter(file: string, sql: string): void {
  const db = new DatabaseSync(file);
  db.exec(sql);
  db.close();
}

test('each file of a folder has a version: older ones are brought up, newer ones refused by name', async (t) => {
  let world = await testWorld(t);
  const { dir } = world;
  await world.close();
  const files = readdirSync(dir)
    .filter((name) => name.endsWith('.db') && name !== WITHOUT_TABLES)
    .toSorted();
  assert.ok(files.length >= 12, files.join(' '));
  for (const name of files) {
    const file = join(dir, name);
    const [newer, back] = BY_KYSELY.includes(name)
      ? [
          "INSERT INTO kysely_migration VALUES ('999-later', '2030-01-01')",
          "DELETE FROM kysely_migration WHERE name = '999-later'",
        ]
      : ['PRAGMA user_version=99', undefined];
    const db = new DatabaseSync(file);
    const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
    db.close();
    assert.ok(BY_KYSELY.includes(name) || version > 0, `${name} has no version`);
    const before = contentOf(file);
    alter(file, newer);
    await assert.rejects(world.restart(), (error: Error) => {
      assert.match(error.message, /newer Parley/);
      assert.ok(error.message.includes(name), error.message);
      return true;
    });
    assert.deepEqual(contentOf(file), before);
    alter(file, back ?? `PRAGMA user_version=${version}`);
  }
  world = await world.restart();
  assert.deepEqual(world.posts.size(), { posts: 0, people: 0 });
});

/** Those that were written before they had a version. */
const UNVERSIONED = [
  'compliance.db',
  'media.db',
  'messages.db',
  'network.db',
  'nonces.db',
  'outbox.db',
].concat(['streams.db', 'webhooks.db']);

test('files from before they had versions are taken as they are', async (t) => {
  let world = await testWorld(t);
  const { dir } = world;
  world.outbox.add([{ kind: 'x', key: 'kept', destination: 'd', payload: '' }]);
  world.streams.rules.add('app', [{ value: 'cat' }], { rules: 5, ruleLength: 512 }, false);
  await world.close();
  const before = UNVERSIONED.map((name) => contentOf(join(dir, name)));
  for (const name of UNVERSIONED) alter(join(dir, name), 'PRAGMA user_version=0');
  // It came with the second version.
  alter(join(dir, 'webhooks.db'), 'DROP TABLE links');
  world = await world.restart();
  assert.deepEqual(
    world.streams.rules.list('app').map(({ value }) => value),
    ['cat'],
  );
  assert.equal(world.outbox.count('x', 'kept').waiting, 1);
  await world.close();
  assert.deepEqual(
    UNVERSIONED.map((name) => contentOf(join(dir, name))),
    before,
  );
  world = await world.restart();
});
