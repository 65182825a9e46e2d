import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { type Migrations, openDatabase, prepareOnce, schemaVersion, transact } from './database.ts';
import { Problem } from './problem.ts';

const settings = 'PRAGMA journal_mode=WAL';
const FIRST = 'CREATE TABLE IF NOT EXISTS things (name TEXT)';
const SECOND = "ALTER TABLE things ADD COLUMN colour TEXT; UPDATE things SET colour = 'red'";

function fileOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-database-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'things.db');
}

function opened(t: TestContext, file: string, migrations: Migrations): DatabaseSync {
  const db = openDatabase(file, { settings, migrations });
  t.after(() => db.isOpen && db.close());
  return db;
}

test('a file from before there were versions keeps what is in it and gets what is new, once', (t) => {
  const file = fileOf(t);
  const old = new DatabaseSync(file);
  old.exec("CREATE TABLE things (name TEXT); INSERT INTO things VALUES ('door')");
  old.close();
  opened(t, file, [FIRST]).close();
  opened(t, file, [FIRST, SECOND]).close();
  const db = opened(t, file, [FIRST, SECOND]);
  assert.deepEqual(
    db
      .prepare('SELECT * FROM things')
      .all()
      .map((row) => ({ ...row })),
    [{ name: 'door', colour: 'red' }],
  );
  assert.equal(schemaVersion(db), 2);
});

test('a step that fails leaves the file at the version before it, to be tried again', (t) => {
  const file = fileOf(t);
  opened(t, file, [FIRST]).close();
  const half = 'CREATE TABLE extra (one TEXT); SELECT 1 FROM nowhere';
  assert.throws(() => openDatabase(file, { settings, migrations: [FIRST, half] }), /nowhere/);
  const db = opened(t, file, [FIRST]);
  assert.equal(schemaVersion(db), 1);
  assert.deepEqual(db.prepare("SELECT name FROM sqlite_schema WHERE name = 'extra'").all(), []);
});

test('a file of a newer Parley is refused by name, with what to do, and not a byte of it changes', (t) => {
  const file = fileOf(t);
  const newer = new DatabaseSync(file);
  newer.exec('CREATE TABLE other (one TEXT); PRAGMA user_version=7');
  newer.close();
  const before = readFileSync(file);
  assert.throws(
    () => openDatabase(file, { settings, migrations: [FIRST] }),
    /^Error: things\.db has version 7; this Parley knows 1\. It was written by a newer Parley: run that one on this folder\.$/,
  );
  assert.deepEqual(readFileSync(file), before);
});

test('a transaction that fails leaves nothing and lets the next one in, and its cause is a Problem', () => {
  const db = openDatabase(':memory:', {
    settings: '',
    migrations: ['CREATE TABLE things (id INTEGER UNIQUE)'],
  });
  const sql = prepareOnce(db);
  const put = (id: number) => sql('INSERT INTO things (id) VALUES (?)').run(id);
  const twice = () => {
    put(1);
    put(1);
  };
  assert.throws(() => transact(db, twice), { code: 'storage-unavailable' });
  const refusal = new Problem('forbidden');
  const refuse = () => {
    put(2);
    throw refusal;
  };
  assert.throws(() => transact(db, refuse), refusal);
  assert.equal(
    transact(db, () => put(3).changes),
    1,
  );
  assert.deepEqual(
    sql('SELECT id FROM things')
      .all()
      .map(({ id }) => id),
    [3],
  );
  db.close();
});
