import type { Migrations } from '#kernel';
import type { Category, PostMedia } from './port.ts';

/** One row of `uploads`. Ids are decimal strings, times Unix ms. */
export type MediaRow = {
  id: string;
  personId: string;
  createdAt: number;
  expiresAt: number;
  declaredType?: string;
  category?: Category;
  totalBytes: number;
  /** Of its segments, or of what is kept. */
  bytes: number;
  kept?: StoredFile;
  altText?: string;
  isUsed: boolean;
};

export type StoredFile = {
  kind: PostMedia['type'];
  contentType: string;
  name: string;
  preview?: string;
  width: number;
  height: number;
  durationMs?: number;
};

export type UploadSegment = { index: number; bytes: number; part: string };

export const MIGRATIONS: Migrations = [
  `
CREATE TABLE IF NOT EXISTS uploads (
  id INTEGER PRIMARY KEY, person INTEGER NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  declared_type TEXT, category TEXT, total_bytes INTEGER NOT NULL, bytes INTEGER NOT NULL,
  kind TEXT, content_type TEXT, name TEXT UNIQUE, preview TEXT UNIQUE, width INTEGER, height INTEGER, duration_ms INTEGER,
  alt_text TEXT) STRICT;
CREATE INDEX IF NOT EXISTS uploads_person ON uploads (person);
CREATE INDEX IF NOT EXISTS uploads_expiry ON uploads (expires_at);
CREATE TABLE IF NOT EXISTS segments (
  upload INTEGER NOT NULL, idx INTEGER NOT NULL, bytes INTEGER NOT NULL, part TEXT NOT NULL,
  PRIMARY KEY (upload, idx)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS others (
  upload INTEGER NOT NULL, person INTEGER NOT NULL, PRIMARY KEY (upload, person)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uses (
  kind TEXT NOT NULL, by_id INTEGER NOT NULL, upload INTEGER NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (kind, by_id, upload)) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS uses_upload ON uses (upload);
CREATE TABLE IF NOT EXISTS doomed (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
`,
];

/** What SQLite gives: every number as a BigInt. */
export type Cells = Record<string, string | bigint | null>;

export function rowOf(cells: Cells | undefined): MediaRow | undefined {
  if (!cells) return undefined;
  const text = (value: Cells[string] | undefined) => (typeof value === 'string' ? value : undefined);
  const number = (value: Cells[string] | undefined) => Number(value ?? 0);
  const name = text(cells.name);
  const row: MediaRow = {
    id: String(cells.id),
    personId: String(cells.person),
    createdAt: number(cells.created_at),
    expiresAt: number(cells.expires_at),
    declaredType: text(cells.declared_type),
    category: text(cells.category) as Category | undefined,
    totalBytes: number(cells.total_bytes),
    bytes: number(cells.bytes),
    altText: text(cells.alt_text),
    isUsed: cells.is_used === 1n,
  };
  if (name !== undefined)
    row.kept = {
      kind: text(cells.kind) as StoredFile['kind'],
      contentType: text(cells.content_type) ?? '',
      name,
      preview: text(cells.preview),
      width: number(cells.width),
      height: number(cells.height),
      durationMs: cells.duration_ms === null ? undefined : number(cells.duration_ms),
    };
  return row;
}
