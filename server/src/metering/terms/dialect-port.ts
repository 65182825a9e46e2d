/**
 * The two spellings of X's API: `classic`, and `current`, as X's document has it since August 2026. Which of them an app is
 * answered in is decided by its setting; with `auto` the API decides it for each call.
 */
export type Dialect = 'classic' | 'current';
export type DialectSetting = Dialect | 'auto';
export const DIALECT_SETTINGS: readonly DialectSetting[] = ['auto', 'classic', 'current'];

/** An app's setting, and the dialect in which it last showed itself; undefined before it did. */
export type AppDialect = { setting: DialectSetting; last: Dialect | undefined };

export type Dialects = {
  /** How an app is answered. Reads memory only. */
  dialectOf(appId: string): AppDialect;
  /** Remembers the dialect in which an app showed itself: in memory, and on disk when terms close. */
  noteDialect(appId: string, dialect: Dialect): void;
};
