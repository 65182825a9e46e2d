import { type Migrations, openDatabase, Problem } from '#kernel';

export type FollowRequest = { from: string; to: string; at: number };

/** The backend that this network is handed to. `sealed` is the vault's. */
export type BackendRow = {
  url: string;
  keyId: string;
  algorithm: 'ed25519' | 'hmac-sha256';
  sealed: Uint8Array;
};

/** One command to the backend. Times are Unix ms. */
export type CommandRow = {
  id: string;
  personId: string;
  /** What is acted on, so that two acts on it stay in order; '' for something new. */
  subject: string;
  /** Of what was asked for, so that asking again joins it. */
  digest: string;
  /** The bytes that are sent, the same each time. */
  body: string;
  at: number;
  attempts: number;
  due: number;
  /** JSON of what became of it; null while nobody knows. */
  outcome: string | null;
};

const MIGRATIONS: Migrations = [
  `
  CREATE TABLE IF NOT EXISTS follow_requests (
    "to" TEXT NOT NULL, "from" TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY ("to", "from")) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS backend (
    one INTEGER PRIMARY KEY CHECK (one = 1), url TEXT NOT NULL, key_id TEXT NOT NULL, algorithm TEXT NOT NULL,
    sealed BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS commands (
    id TEXT PRIMARY KEY, person_id TEXT NOT NULL, subject TEXT NOT NULL, digest TEXT NOT NULL, body TEXT NOT NULL,
    at INTEGER NOT NULL, attempts INTEGER NOT NULL, due INTEGER NOT NULL, outcome TEXT) STRICT;
  CREATE INDEX IF NOT EXISTS commands_person ON commands (person_id);
  CREATE INDEX IF NOT EXISTS commands_due ON commands (due) WHERE outcome IS NULL;
  `,
];

/** `network.db`: what the network has to remember beside posts and relations. Each call is on disk when it returns. */
export function openActionsStore(file: string) {
  const db = openDatabase(file, {
    settings: 'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL',
    migrations: MIGRATIONS,
  });
  const columns = 'id, person_id AS personId, subject, digest, body, at, attempts, due, outcome';
  const statements = {
    ask: db.prepare('INSERT OR IGNORE INTO follow_requests ("to", "from", at) VALUES (?, ?, ?)'),
    drop: db.prepare('DELETE FROM follow_requests WHERE "to" = ? AND "from" = ?'),
    asked: db.prepare('SELECT 1 FROM follow_requests WHERE "to" = ? AND "from" = ?'),
    requests: db.prepare('SELECT "from", "to", at FROM follow_requests ORDER BY at, "from" LIMIT ?'),
    backend: db.prepare('SELECT url, key_id AS keyId, algorithm, sealed FROM backend'),
    setBackend: db.prepare(
      'INSERT OR REPLACE INTO backend (one, url, key_id, algorithm, sealed) VALUES (1, ?, ?, ?, ?)',
    ),
    noBackend: db.prepare('DELETE FROM backend'),
    add: db.prepare(
      'INSERT INTO commands (id, person_id, subject, digest, body, at, attempts, due) VALUES (?, ?, ?, ?, ?, ?, 0, ?)',
    ),
    ofPerson: db.prepare(`SELECT ${columns} FROM commands WHERE person_id = ? ORDER BY at`),
    due: db.prepare(
      `SELECT ${columns} FROM commands WHERE outcome IS NULL AND due <= ? ORDER BY due LIMIT ?`,
    ),
    pending: db.prepare('SELECT count(*) AS count FROM commands WHERE outcome IS NULL'),
    later: db.prepare('UPDATE commands SET attempts = attempts + 1, due = ? WHERE id = ?'),
    // From here on `due` is when it was known.
    settle: db.prepare('UPDATE commands SET outcome = ?, due = ? WHERE id = ?'),
    forget: db.prepare('DELETE FROM commands WHERE id = ?'),
    expire: db.prepare('DELETE FROM commands WHERE outcome IS NOT NULL AND due < ?'),
  };

  const kept = <Result>(act: () => Result): Result => {
    try {
      return act();
    } catch (cause) {
      throw new Problem('storage-unavailable', {}, { cause });
    }
  };

  return {
    /** @returns false when it was asked already, or (ending) never was. */
    request({ from, to, at }: FollowRequest, begins: boolean): boolean {
      return kept(
        () => (begins ? statements.ask.run(to, from, at) : statements.drop.run(to, from)).changes > 0,
      );
    },
    isRequested: (from: string, to: string): boolean => statements.asked.get(to, from) !== undefined,
    /** Oldest first. */
    requests: (limit: number) => statements.requests.all(limit) as FollowRequest[],

    backend: () => statements.backend.get() as BackendRow | undefined,
    setBackend(row: BackendRow | undefined): void {
      kept(() =>
        row
          ? statements.setBackend.run(row.url, row.keyId, row.algorithm, row.sealed)
          : statements.noBackend.run(),
      );
    },

    addCommand({
      id,
      personId,
      subject,
      digest,
      body,
      at,
      due,
    }: Omit<CommandRow, 'attempts' | 'outcome'>): void {
      kept(() => statements.add.run(id, personId, subject, digest, body, at, due));
    },
    /** Those that nobody knows the outcome of, and those whose outcome nobody has heard yet. */
    commandsOf: (personId: string) => statements.ofPerson.all(personId) as CommandRow[],
    dueCommands: (now: number, limit: number) => statements.due.all(now, limit) as CommandRow[],
    pendingCommands: () => (statements.pending.get() as { count: number }).count,
    tryLater: (id: string, due: number) => void kept(() => statements.later.run(due, id)),
    settle: (id: string, outcome: string, at: number) =>
      void kept(() => statements.settle.run(outcome, at, id)),
    forget: (id: string) => void kept(() => statements.forget.run(id)),
    /** Forgets outcomes that were known before this moment. */
    expire: (before: number) => void kept(() => statements.expire.run(before)),
    close: () => db.close(),
  };
}

export type ActionsStore = ReturnType<typeof openActionsStore>;
