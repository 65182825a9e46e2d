import type { SQLInputValue } from 'node:sqlite';
import { openDatabase, prepareOnce, transact } from '#kernel';
import type { Use } from './port.ts';
import { type Cells, type MediaRow, MIGRATIONS, rowOf, type StoredFile, type UploadSegment } from './row.ts';

/**
 * `media.db`. Each method is one transaction that is on disk when it returns. A name that is about to lie in the folder, or about
 * to go from it, is in `doomed` until it is sure, so that a crash leaves no file that nobody knows.
 */
export type Store = ReturnType<typeof openStore>;

const IS_USED = 'EXISTS (SELECT 1 FROM uses WHERE upload = uploads.id) AS is_used';
/** When something that is used expires. */
const NEVER = Number.MAX_SAFE_INTEGER;
/** Of one look-up or sweep, so that none holds the thread. */
const BATCH = 500;

export function openStore(file: string) {
  const db = openDatabase(file, {
    settings: 'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL',
    migrations: MIGRATIONS,
  });
  const prepared = prepareOnce(db, { readBigInts: true });
  const all = (sql: string, ...values: SQLInputValue[]) => prepared(sql).all(...values) as Cells[];
  const one = (sql: string, ...values: SQLInputValue[]) => prepared(sql).get(...values) as Cells | undefined;
  const run = (sql: string, ...values: SQLInputValue[]) => prepared(sql).run(...values);

  /** Rows go, names of their files are doomed. Inside a transaction. */
  function removeRows(ids: readonly string[]): { kept: string[]; parts: string[] } {
    const kept: string[] = [];
    const parts: string[] = [];
    for (const id of ids) {
      const key = BigInt(id);
      const row = one('SELECT name, preview FROM uploads WHERE id = ?', key);
      for (const name of [row?.name, row?.preview]) if (typeof name === 'string') kept.push(name);
      for (const { part } of all('SELECT part FROM segments WHERE upload = ?', key)) parts.push(String(part));
      run('DELETE FROM uploads WHERE id = ?', key);
      for (const table of ['segments', 'others', 'uses']) run(`DELETE FROM ${table} WHERE upload = ?`, key);
    }
    for (const name of kept) run('INSERT OR IGNORE INTO doomed (name) VALUES (?)', name);
    return { kept, parts };
  }

  return {
    /** @returns undefined for an id that is taken already. */
    add(row: Omit<MediaRow, 'isUsed' | 'bytes' | 'kept'>, others: readonly string[]): MediaRow | undefined {
      return transact(db, () => {
        const { changes } = run(
          `INSERT OR IGNORE INTO uploads (id, person, created_at, expires_at, declared_type, category, total_bytes, bytes)
           VALUES (?, ?, ?, ?, ?, ?, ?, 0)`,
          BigInt(row.id),
          BigInt(row.personId),
          row.createdAt,
          row.expiresAt,
          row.declaredType ?? null,
          row.category ?? null,
          row.totalBytes,
        );
        if (Number(changes) === 0) return undefined;
        for (const other of others)
          run('INSERT OR IGNORE INTO others (upload, person) VALUES (?, ?)', BigInt(row.id), BigInt(other));
        return { ...row, bytes: 0, isUsed: false };
      });
    },
    /** @param orOther those who may use it count too. */
    find(personId: string, id: string, orOther = false): MediaRow | undefined {
      const row = rowOf(one(`SELECT *, ${IS_USED} FROM uploads WHERE id = ?`, BigInt(id)));
      if (!row || row.personId === personId) return row;
      if (!orOther) return undefined;
      const may = one(
        'SELECT 1 AS yes FROM others WHERE upload = ? AND person = ?',
        BigInt(id),
        BigInt(personId),
      );
      return may && row;
    },
    byName(name: string): MediaRow | undefined {
      return rowOf(one(`SELECT *, ${IS_USED} FROM uploads WHERE name = ? OR preview = ?`, name, name));
    },
    /** What a person has that nothing uses: how many, how many of these unfinished, and their bytes. */
    unused(personId: string, now: number): { uploads: number; pending: number; bytes: number } {
      const row = one(
        `SELECT count(*) AS uploads, count(*) FILTER (WHERE name IS NULL) AS pending,
           coalesce(sum(CASE WHEN name IS NULL THEN total_bytes ELSE bytes END), 0) AS bytes
         FROM uploads WHERE person = ? AND expires_at > ? AND expires_at < ?`,
        BigInt(personId),
        now,
        NEVER,
      );
      return { uploads: Number(row?.uploads), pending: Number(row?.pending), bytes: Number(row?.bytes) };
    },

    segments(id: string): UploadSegment[] {
      const rows = all('SELECT idx, bytes, part FROM segments WHERE upload = ? ORDER BY idx', BigInt(id));
      return rows.map(({ idx, bytes, part }) => ({
        index: Number(idx),
        bytes: Number(bytes),
        part: String(part),
      }));
    },
    /** @returns the part that this one takes the place of. */
    putSegment(id: string, { index, bytes, part }: UploadSegment): string | undefined {
      return transact(db, () => {
        const key = BigInt(id);
        const former = one('SELECT bytes, part FROM segments WHERE upload = ? AND idx = ?', key, index);
        run(
          'INSERT OR REPLACE INTO segments (upload, idx, bytes, part) VALUES (?, ?, ?, ?)',
          key,
          index,
          bytes,
          part,
        );
        run('UPDATE uploads SET bytes = bytes + ? WHERE id = ?', bytes - Number(former?.bytes ?? 0), key);
        return former && String(former.part);
      });
    },
    /** Parts that some upload needs. */
    partsInUse(): Set<string> {
      return new Set(all('SELECT part FROM segments').map(({ part }) => String(part)));
    },

    /** Before files get these names: should it not come to `setKept`, they are swept. */
    doom(names: readonly string[]): void {
      transact(db, () => {
        for (const name of names) run('INSERT OR IGNORE INTO doomed (name) VALUES (?)', name);
      });
    },
    doomed: () => all('SELECT name FROM doomed').map(({ name }) => String(name)),
    /** The files of these names are gone. */
    buried(names: readonly string[]): void {
      transact(db, () => {
        for (const name of names) run('DELETE FROM doomed WHERE name = ?', name);
      });
    },
    /** It is ready. @returns parts that are not needed any more; undefined when it was deleted meanwhile, and nothing was done. */
    setKept(id: string, kept: StoredFile, bytes: number): string[] | undefined {
      return transact(db, () => {
        const key = BigInt(id);
        const { changes } = run(
          `UPDATE uploads SET kind = ?, content_type = ?, name = ?, preview = ?, width = ?, height = ?, duration_ms = ?, bytes = ?
           WHERE id = ?`,
          kept.kind,
          kept.contentType,
          kept.name,
          kept.preview ?? null,
          kept.width,
          kept.height,
          kept.durationMs ?? null,
          bytes,
          key,
        );
        if (Number(changes) === 0) return undefined;
        for (const name of [kept.name, kept.preview])
          if (name) run('DELETE FROM doomed WHERE name = ?', name);
        const parts = all('SELECT part FROM segments WHERE upload = ?', key).map(({ part }) => String(part));
        run('DELETE FROM segments WHERE upload = ?', key);
        return parts;
      });
    },
    setAltText(id: string, text: string): void {
      transact(db, () =>
        run('UPDATE uploads SET alt_text = ? WHERE id = ?', text === '' ? null : text, BigInt(id)),
      );
    },

    use(ids: readonly string[], use: Use, at: number): void {
      transact(db, () => {
        for (const id of ids) {
          const values = [use.kind, BigInt(use.id), BigInt(id), at] as const;
          run('INSERT OR IGNORE INTO uses (kind, by_id, upload, at) VALUES (?, ?, ?, ?)', ...values);
          run('UPDATE uploads SET expires_at = ? WHERE id = ?', NEVER, BigInt(id));
        }
      });
    },
    usedBy({ kind, id }: Use): string[] {
      const rows = all('SELECT upload FROM uses WHERE kind = ? AND by_id = ?', kind, BigInt(id));
      return rows.map(({ upload }) => String(upload));
    },
    usesOf(id: string): Use[] {
      const rows = all('SELECT kind, by_id FROM uses WHERE upload = ?', BigInt(id));
      return rows.map(({ kind, by_id }) => ({ kind: kind as Use['kind'], id: String(by_id) }));
    },
    /** Uses by posts after this place, to look whether the posts are still there. */
    postUses(after: string): { id: string; at: number }[] {
      const rows = all(
        `SELECT by_id, max(at) AS at FROM uses WHERE kind = 'post' AND by_id > ? GROUP BY by_id ORDER BY by_id LIMIT ${BATCH}`,
        BigInt(after),
      );
      return rows.map(({ by_id, at }) => ({ id: String(by_id), at: Number(at) }));
    },
    /** The use alone goes; what nothing else uses expires as if it had never been. @param lifeMs from when it was made. */
    unuse({ kind, id }: Use, lifeMs: number): void {
      transact(db, () => {
        const was = all('SELECT upload FROM uses WHERE kind = ? AND by_id = ?', kind, BigInt(id));
        run('DELETE FROM uses WHERE kind = ? AND by_id = ?', kind, BigInt(id));
        for (const { upload } of was)
          run(
            `UPDATE uploads SET expires_at = created_at + ?
             WHERE id = ? AND NOT EXISTS (SELECT 1 FROM uses WHERE upload = uploads.id)`,
            lifeMs,
            upload as bigint,
          );
      });
    },
    /** The use goes, and with it what nothing else uses. */
    dropUse({ kind, id }: Use): { kept: string[]; parts: string[] } {
      return transact(db, () => {
        const was = all('SELECT upload FROM uses WHERE kind = ? AND by_id = ?', kind, BigInt(id));
        run('DELETE FROM uses WHERE kind = ? AND by_id = ?', kind, BigInt(id));
        const free = was.filter(
          ({ upload }) => !one('SELECT 1 AS yes FROM uses WHERE upload = ?', upload as bigint),
        );
        return removeRows(free.map(({ upload }) => String(upload)));
      });
    },
    isEmpty: () => one('SELECT 1 AS yes FROM uploads LIMIT 1') === undefined,
    ofPerson(personId: string): string[] {
      return all('SELECT id FROM uploads WHERE person = ?', BigInt(personId)).map(({ id }) => String(id));
    },
    expired(now: number): string[] {
      const rows = all(
        `SELECT id FROM uploads WHERE expires_at <= ? ORDER BY expires_at LIMIT ${BATCH}`,
        now,
      );
      return rows.map(({ id }) => String(id));
    },
    remove: (ids: readonly string[]) => transact(db, () => removeRows(ids)),
    close: () => db.close(),
  };
}
