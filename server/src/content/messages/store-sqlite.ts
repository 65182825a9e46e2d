import type { SQLInputValue } from 'node:sqlite';
import { type Migrations, openDatabase, prepareOnce, transact } from '#kernel';
import type { MessageEventKind, MessagePage } from './port.ts';

/** A row of `events`; `sealed` is what only the vault can read. */
export type EventRow = {
  place: number;
  id: string;
  conversationId: string;
  kind: MessageEventKind;
  at: number;
  senderId: string;
  sealed: Uint8Array;
  /** Shows something that the media module keeps for it. */
  hasMedia: boolean;
};

const KINDS: readonly MessageEventKind[] = ['MessageCreate', 'ParticipantsJoin', 'ParticipantsLeave'];
const COLUMNS =
  'e.place, CAST(e.id AS TEXT) AS id, e.conversation, e.kind, e.at, CAST(e.sender AS TEXT) AS sender, e.sealed, e.has_media';
/** Pages at most so long are read, with one more that tells whether another follows. */
const LIMIT_MAX = 1_000;

const MIGRATIONS: Migrations = [
  `
  CREATE TABLE IF NOT EXISTS members (
    conversation TEXT NOT NULL, person INTEGER NOT NULL, PRIMARY KEY (conversation, person)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS members_person ON members (person);
  CREATE TABLE IF NOT EXISTS events (
    place INTEGER PRIMARY KEY AUTOINCREMENT, id INTEGER NOT NULL UNIQUE, conversation TEXT NOT NULL,
    kind INTEGER NOT NULL, at INTEGER NOT NULL, sender INTEGER NOT NULL, sealed BLOB NOT NULL,
    has_media INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS events_sender ON events (sender);
  CREATE INDEX IF NOT EXISTS events_at ON events (at);
  CREATE TABLE IF NOT EXISTS inbox (
    person INTEGER NOT NULL, conversation TEXT NOT NULL, place INTEGER NOT NULL REFERENCES events (place) ON DELETE CASCADE,
    PRIMARY KEY (person, conversation, place)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS inbox_person ON inbox (person, place);
  CREATE INDEX IF NOT EXISTS inbox_place ON inbox (place);
  CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  `,
];

/**
 * `messages.db`. An event stands once; `inbox` has a row for each person who sees it. Deleting takes that row away, and
 * with the last one the event: nobody can be shown what they have no row for.
 */
export function openMessageStore(file: string) {
  const db = openDatabase(file, {
    settings:
      'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON',
    migrations: MIGRATIONS,
  });
  const sql = prepareOnce(db);

  const all = (text: string, ...values: SQLInputValue[]) => sql(text).all(...values);

  return {
    transact: <T>(act: () => T): T => transact(db, act),
    members: (conversationId: string): string[] =>
      all(
        'SELECT CAST(person AS TEXT) AS person FROM members WHERE conversation = ? ORDER BY person',
        conversationId,
      ).map((row) => String(row.person)),
    isMember: (conversationId: string, personId: string): boolean =>
      all('SELECT 1 FROM members WHERE conversation = ? AND person = ?', conversationId, BigInt(personId))
        .length > 0,
    addMember(conversationId: string, personId: string): void {
      sql('INSERT OR IGNORE INTO members (conversation, person) VALUES (?, ?)').run(
        conversationId,
        BigInt(personId),
      );
    },
    removeMember(conversationId: string, personId: string): void {
      sql('DELETE FROM members WHERE conversation = ? AND person = ?').run(conversationId, BigInt(personId));
    },
    conversationsOf: (personId: string): string[] =>
      all('SELECT conversation FROM members WHERE person = ?', BigInt(personId)).map((row) =>
        String(row.conversation),
      ),
    hasId: (id: string): boolean => all('SELECT 1 FROM events WHERE id = ?', BigInt(id)).length > 0,
    /** Keeps an event and puts it before each of these persons. */
    add(row: Omit<EventRow, 'place'>, personIds: readonly string[]): void {
      const { lastInsertRowid } = sql(
        'INSERT INTO events (id, conversation, kind, at, sender, sealed, has_media) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ).run(
        BigInt(row.id),
        row.conversationId,
        KINDS.indexOf(row.kind),
        row.at,
        BigInt(row.senderId),
        row.sealed,
        row.hasMedia ? 1 : 0,
      );
      const put = sql('INSERT INTO inbox (person, conversation, place) VALUES (?, ?, ?)');
      for (const personId of personIds) put.run(BigInt(personId), row.conversationId, lastInsertRowid);
    },
    page(
      personId: string,
      { before, after, limit, kinds, conversationId }: MessagePage,
      since: number,
    ): EventRow[] {
      const values: SQLInputValue[] = [BigInt(personId), since];
      let where = 'i.person = ? AND e.at >= ?';
      const also = (condition: string, value: SQLInputValue | undefined) => {
        if (value === undefined) return;
        where += ` AND ${condition}`;
        values.push(value);
      };
      also('i.conversation = ?', conversationId);
      also('i.place < ?', before);
      also('i.place > ?', after);
      if (kinds) where += ` AND e.kind IN (${kinds.map((kind) => KINDS.indexOf(kind)).join(',')})`;
      const order = after === undefined ? 'DESC' : 'ASC';
      const rows = all(
        `SELECT ${COLUMNS} FROM inbox i JOIN events e ON e.place = i.place WHERE ${where} ORDER BY i.place ${order} LIMIT ?`,
        ...values,
        Math.min(limit, LIMIT_MAX),
      ).map(toRow);
      return after === undefined ? rows : rows.reverse();
    },
    one(personId: string, eventId: string): EventRow | undefined {
      return all(
        `SELECT ${COLUMNS} FROM events e JOIN inbox i ON i.place = e.place WHERE e.id = ? AND i.person = ?`,
        BigInt(eventId),
        BigInt(personId),
      ).map(toRow)[0];
    },
    /** @returns true when nobody sees the event any more and it is gone. */
    remove(personId: string, { conversationId, place }: EventRow): boolean {
      sql('DELETE FROM inbox WHERE person = ? AND conversation = ? AND place = ?').run(
        BigInt(personId),
        conversationId,
        place,
      );
      const { changes } = sql(
        'DELETE FROM events WHERE place = ? AND NOT EXISTS (SELECT 1 FROM inbox WHERE inbox.place = events.place)',
      ).run(place);
      return changes > 0;
    },
    /** Did this person write there? */
    wrote: (personId: string, conversationId: string): boolean =>
      all(
        'SELECT 1 FROM events WHERE sender = ? AND conversation = ? AND kind = 0 LIMIT 1',
        BigInt(personId),
        conversationId,
      ).length > 0,
    after(place: number, limit: number): { row: EventRow; personIds: string[] }[] {
      return all(
        `SELECT ${COLUMNS} FROM events e WHERE e.place > ? ORDER BY e.place LIMIT ?`,
        place,
        limit,
      ).map((raw) => {
        const row = toRow(raw);
        const personIds = all(
          'SELECT CAST(person AS TEXT) AS person FROM inbox WHERE place = ?',
          row.place,
        ).map((one) => String(one.person));
        return { row, personIds };
      });
    },
    placeBefore: (at: number): number =>
      Number(all('SELECT max(place) AS place FROM events WHERE at < ?', at)[0]?.place ?? 0),
    lastPlace: (): number =>
      Number(all("SELECT seq FROM sqlite_sequence WHERE name = 'events'")[0]?.seq ?? 0),
    /**
     * Takes away what this person sent, and what nobody else sees any more. Rows of `inbox` go with their event.
     * @returns ids of those that showed media.
     */
    erase(personId: string): string[] {
      const person = BigInt(personId);
      const withMedia = [
        ...all(
          'DELETE FROM events WHERE sender = ? RETURNING CASE has_media WHEN 1 THEN CAST(id AS TEXT) END AS id',
          person,
        ),
        ...all(
          `DELETE FROM events WHERE place IN (SELECT place FROM inbox WHERE person = ?1)
             AND NOT EXISTS (SELECT 1 FROM inbox other WHERE other.place = events.place AND other.person <> ?1)
           RETURNING CASE has_media WHEN 1 THEN CAST(id AS TEXT) END AS id`,
          person,
        ),
      ];
      sql('DELETE FROM inbox WHERE person = ?').run(person);
      sql('DELETE FROM members WHERE person = ?').run(person);
      return withMedia.flatMap(({ id }) => (id === null ? [] : [String(id)]));
    },
    mark: (name: string): number | undefined => {
      const value = all('SELECT value FROM marks WHERE name = ?', name)[0]?.value;
      return value === undefined ? undefined : Number(value);
    },
    setMark(name: string, value: number): void {
      sql(
        'INSERT INTO marks (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      ).run(name, value);
    },
    close: () => db.close(),
  };
}

function toRow(raw: Record<string, unknown>): EventRow {
  return {
    place: Number(raw.place),
    id: String(raw.id),
    conversationId: String(raw.conversation),
    kind: KINDS[Number(raw.kind)] ?? 'MessageCreate',
    at: Number(raw.at),
    senderId: String(raw.sender),
    sealed: raw.sealed as Uint8Array,
    hasMedia: raw.has_media === 1,
  };
}
