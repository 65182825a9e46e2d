import type { SQLInputValue } from 'node:sqlite';
import { type Migrations, openDatabase, Problem, prepareOnce } from '#kernel';
import type { Webhook } from './port.ts';

/** As it lies on disk: with the key whose secret its receiver answered with, and when it was last challenged. */
export type StoredWebhook = Webhook & { consumerKey: string; checkedAt: number };

export type Replay = { id: string; webhookId: string; from: number; to: number; createdAt: number };

const WEBHOOK =
  'id, app AS appId, url, created_at AS createdAt, valid, consumer_key AS consumerKey, checked_at AS checkedAt';

const MIGRATIONS: Migrations = [
  `
  CREATE TABLE IF NOT EXISTS webhooks (
    id TEXT PRIMARY KEY, app TEXT NOT NULL, url TEXT NOT NULL, created_at INTEGER NOT NULL, valid INTEGER NOT NULL,
    consumer_key TEXT NOT NULL, checked_at INTEGER NOT NULL, UNIQUE (app, url)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS subscriptions (
    webhook TEXT NOT NULL REFERENCES webhooks ON DELETE CASCADE, person TEXT NOT NULL,
    since_event INTEGER NOT NULL, since_place INTEGER NOT NULL, PRIMARY KEY (webhook, person)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS replays (
    id TEXT PRIMARY KEY, webhook TEXT NOT NULL REFERENCES webhooks ON DELETE CASCADE, begins INTEGER NOT NULL,
    ends INTEGER NOT NULL, created_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  `,
  `
  -- Webhooks that an app's rules are linked to; fields is a JSON list.
  CREATE TABLE links (
    webhook TEXT PRIMARY KEY REFERENCES webhooks ON DELETE CASCADE, fields TEXT NOT NULL, created_at INTEGER NOT NULL,
    since_event INTEGER NOT NULL) WITHOUT ROWID;
  `,
];

/** `webhooks.db`: webhooks, subscriptions, replays under way, and how far events were followed. */
export function openWebhookStore(file: string) {
  const db = openDatabase(file, {
    settings: 'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON',
    migrations: MIGRATIONS,
  });
  const sql = prepareOnce(db);
  const all = <T>(text: string, ...values: SQLInputValue[]) => sql(text).all(...values) as T[];
  const run = (text: string, ...values: SQLInputValue[]): number => {
    try {
      return Number(sql(text).run(...values).changes);
    } catch (cause) {
      throw new Problem('storage-unavailable', {}, { cause });
    }
  };

  return {
    webhooks: (): StoredWebhook[] =>
      all<Omit<StoredWebhook, 'valid'> & { valid: number }>(
        `SELECT ${WEBHOOK} FROM webhooks ORDER BY length(id), id`,
      ).map((row) => ({ ...row, valid: row.valid === 1 })),
    put({ id, appId, url, createdAt, valid, consumerKey, checkedAt }: StoredWebhook): void {
      run(
        `INSERT INTO webhooks (id, app, url, created_at, valid, consumer_key, checked_at) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET valid = excluded.valid, consumer_key = excluded.consumer_key,
           checked_at = excluded.checked_at`,
        id,
        appId,
        url,
        createdAt,
        valid ? 1 : 0,
        consumerKey,
        checkedAt,
      );
    },
    remove: (id: string): number => run('DELETE FROM webhooks WHERE id = ?', id),
    subscriptions: () =>
      all<{ webhook: string; person: string; sinceEvent: number; sincePlace: number }>(
        'SELECT webhook, person, since_event AS sinceEvent, since_place AS sincePlace FROM subscriptions',
      ),
    subscribe(webhookId: string, personId: string, sinceEvent: bigint, sincePlace: number): void {
      run(
        'INSERT INTO subscriptions (webhook, person, since_event, since_place) VALUES (?, ?, ?, ?)',
        webhookId,
        personId,
        sinceEvent,
        sincePlace,
      );
    },
    unsubscribe: (webhookId: string, personId: string): number =>
      run('DELETE FROM subscriptions WHERE webhook = ? AND person = ?', webhookId, personId),
    links: (): { webhookId: string; fields: string[]; createdAt: number; sinceEvent: bigint }[] =>
      all<{ webhook: string; fields: string; createdAt: number; sinceEvent: number }>(
        'SELECT webhook, fields, created_at AS createdAt, since_event AS sinceEvent FROM links ORDER BY created_at',
      ).map(({ webhook, fields, createdAt, sinceEvent }) => ({
        webhookId: webhook,
        fields: JSON.parse(fields) as string[],
        createdAt,
        sinceEvent: BigInt(sinceEvent),
      })),
    putLink({
      webhookId,
      fields,
      createdAt,
      sinceEvent,
    }: {
      webhookId: string;
      fields: readonly string[];
      createdAt: number;
      sinceEvent: bigint;
    }): void {
      run(
        `INSERT INTO links (webhook, fields, created_at, since_event) VALUES (?, ?, ?, ?)
         ON CONFLICT (webhook) DO UPDATE SET fields = excluded.fields`,
        webhookId,
        JSON.stringify(fields),
        createdAt,
        sinceEvent,
      );
    },
    removeLink: (webhookId: string): number => run('DELETE FROM links WHERE webhook = ?', webhookId),
    replay: (id: string): Replay | undefined =>
      all<Replay>(
        'SELECT id, webhook AS webhookId, begins AS "from", ends AS "to", created_at AS createdAt FROM replays WHERE id = ?',
        id,
      )[0],
    replayOf: (webhookId: string): string | undefined =>
      all<{ id: string }>('SELECT id FROM replays WHERE webhook = ?', webhookId)[0]?.id,
    putReplay({ id, webhookId, from, to, createdAt }: Replay): void {
      run(
        'INSERT INTO replays (id, webhook, begins, ends, created_at) VALUES (?, ?, ?, ?, ?)',
        id,
        webhookId,
        from,
        to,
        createdAt,
      );
    },
    endReplay: (id: string): number => run('DELETE FROM replays WHERE id = ?', id),
    mark(name: string): bigint | undefined {
      const statement = sql('SELECT value FROM marks WHERE name = ?');
      statement.setReadBigInts(true);
      const row = statement.get(name) as { value: bigint } | undefined;
      return row?.value;
    },
    setMark(name: string, value: bigint): void {
      run(
        'INSERT INTO marks (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
        name,
        value,
      );
    },
    close: () => db.close(),
  };
}

export type WebhookStore = ReturnType<typeof openWebhookStore>;
