import { createHash } from 'node:crypto';
import { isId } from '#kernel';
import { USERNAME_LENGTH_MAX } from '#posts';
import type { SourceIdMint } from '../mint.ts';
import { mintPersonId } from '../mint.ts';
import type { Emit, SourceReading } from '../reading.ts';
import { idFitsTime, isSnowflake, optionalTime, parseTime, TABLE_TIME_TOLERANCE_MS } from '../time.ts';
import { BadRecord, type JsonValue, quote } from '../value.ts';
import { xPerson } from '../x/person.ts';
import { xPost } from '../x/post.ts';

/** What reading a table needs beside what every reading needs. */
export type TableReading = SourceReading & {
  mint: SourceIdMint;
  /** Whether it has a column of texts; else its rows are persons. */
  holdsPosts: boolean;
};

/** Authors whose rows follow each other are told of once, not in each row. */
const AUTHORS_REMEMBERED_MAX = 20_000;

/**
 * A row of a table becomes an X v2 object and is taken like one. Ids that are no snowflakes of their time are the
 * table's own: such posts get minted ids, and what they refer to is found among those.
 */
export function createRowTaker(reading: TableReading): (row: JsonValue, emit: Emit) => void {
  const told = new Map<string, string>();
  const tellOnce = (object: JsonValue, emit: Emit) => {
    const id = String(object.id);
    const said = JSON.stringify(object);
    if (told.get(id) === said) return;
    if (told.size >= AUTHORS_REMEMBERED_MAX) told.clear();
    emit({ kind: 'person', ...xPerson(object) });
    told.set(id, said);
  };
  return (row, emit) => {
    if (!reading.holdsPosts) takePerson(row, emit, tellOnce);
    // Not a person: its id is a post's, and would take the author's username.
    else if (row.text === undefined) throw new BadRecord('the text is empty');
    else takePost(row, reading, emit, tellOnce);
  };
}

type Tell = (person: JsonValue, emit: Emit) => void;

function takePerson(row: JsonValue, emit: Emit, tell: Tell): void {
  if (row.username === undefined) throw new BadRecord('the username is empty');
  const joined = timeOf(row);
  const person = personObject(row, idCell(row.id ?? row.author_id, 'id'));
  tell({ ...person, ...(joined !== undefined && { created_at: new Date(joined).toISOString() }) }, emit);
}

function takePost(row: JsonValue, reading: TableReading, emit: Emit, tell: Tell): void {
  const { id, foreign, createdAt } = identify(row, reading.mint);
  const object: JsonValue = {
    id,
    text: String(row.text),
    author_id: authorOf(row, emit, tell),
    ...(foreign && createdAt !== undefined && { created_at: new Date(createdAt).toISOString() }),
    ...(row.lang !== undefined && { lang: String(row.lang) }),
    ...(row.reply_settings !== undefined && { reply_settings: String(row.reply_settings) }),
    ...(row.place_id !== undefined && { geo: { place_id: String(row.place_id) } }),
    ...(!foreign && row.edit_history_tweet_ids !== undefined && { edit_history_tweet_ids: idList(row) }),
    ...(row.source !== undefined && { source: String(row.source) }),
    ...(row.possibly_sensitive !== undefined && { possibly_sensitive: isTrue(row.possibly_sensitive) }),
    ...(!isSnowflake(id) && createdAt !== undefined && { created_at: new Date(createdAt).toISOString() }),
  };
  const metrics = counts(row, [
    'like_count',
    'retweet_count',
    'reply_count',
    'quote_count',
    'bookmark_count',
    'impression_count',
  ]);
  if (metrics) object.public_metrics = metrics;
  const resolve = (cell: unknown, name: string): string | undefined => {
    if (cell === undefined) return undefined;
    return foreign ? reading.mint.find(uriOf(idCell(cell, name))) : idCell(cell, name);
  };
  const references = (['replied_to', 'quoted', 'retweeted'] as const).flatMap((type) => {
    const target = resolve(row[`${type}_id`], `${type}_id`);
    return target === undefined ? [] : [{ type, id: target }];
  });
  if (references.length > 0) object.referenced_tweets = references;
  const conversation = resolve(row.conversation_id, 'conversation_id');
  if (conversation) object.conversation_id = conversation;
  if (row.in_reply_to_user_id !== undefined)
    object.in_reply_to_user_id = idCell(row.in_reply_to_user_id, 'in_reply_to_user_id');
  emit({ kind: 'post', ...xPost(object, reading) });
}

/** Gives a row of the table its id, without taking it: so that rows can refer to rows that come later. */
export function registerRow(row: JsonValue, mint: SourceIdMint): void {
  if (row.text !== undefined) identify(row, mint);
}

type Identity = { id: string; foreign: boolean; createdAt: number | undefined };

function identify(row: JsonValue, mint: SourceIdMint): Identity {
  const createdAt = timeOf(row);
  if (row.id !== undefined) {
    const id = idCell(row.id, 'id', true);
    const own =
      isId(id) &&
      (createdAt === undefined ? isSnowflake(id) : idFitsTime(id, createdAt, TABLE_TIME_TOLERANCE_MS));
    if (own) return { id: BigInt(id).toString(), foreign: false, createdAt };
    if (createdAt === undefined)
      throw new BadRecord(`id ${quote(id)} carries no time, and there is no created_at`);
    return { id: mint.postId(uriOf(id), createdAt), foreign: true, createdAt };
  }
  if (createdAt === undefined) throw new BadRecord('there is neither an id nor a created_at');
  const author = String(row.author_id ?? row.username ?? '');
  const hash = createHash('sha256')
    .update(JSON.stringify([author, createdAt, String(row.text)]))
    .digest('hex');
  return { id: mint.postId(`row:${hash}`, createdAt), foreign: true, createdAt };
}

function timeOf(row: JsonValue): number | undefined {
  return optionalTime(
    row.created_at instanceof Date ? row.created_at : numericTime(row.created_at),
    'created_at',
  );
}

/** Cells are text: `1575000000` is a time, too. */
function numericTime(cell: unknown): unknown {
  return typeof cell === 'string' && parseTime(cell) === undefined && /^\d+\.0$/.test(cell)
    ? cell.slice(0, -2)
    : cell;
}

function uriOf(id: string): string {
  return `table:${id}`;
}

/** The longest name that another system may give its posts. */
const FOREIGN_ID_LENGTH_MAX = 200;

/**
 * The id in a cell. Spreadsheets and data frames turn ids into floating-point numbers, which keep 15 or 16 of their 19
 * digits: those are refused, for a wrong id is worse than none.
 */
function idCell(cell: unknown, name: string, foreign = false): string {
  if (typeof cell === 'bigint') return cell.toString();
  const text = (
    typeof cell === 'number' ? String(cell) : typeof cell === 'string' ? cell.trim() : ''
  ).replace(/^["']|["']$/g, '');
  const float = /^\d+(\.\d+)?e\+?\d+$/i.test(text) || (typeof cell === 'number' && !Number.isInteger(cell));
  const whole = text.replace(/\.0+$/, '');
  const tooLong = (typeof cell === 'number' || whole !== text) && Number(whole) > Number.MAX_SAFE_INTEGER;
  if (float || tooLong) {
    throw new BadRecord(
      `${name} is ${quote(text)}: it was a floating-point number once and has lost digits; export ids as text`,
    );
  }
  if (/^\d{1,19}$/.test(whole)) return whole;
  if (foreign && text !== '' && text.length <= FOREIGN_ID_LENGTH_MAX) return text;
  throw new BadRecord(`${name} is ${quote(cell)}: an id is 1 to 19 digits`);
}

/** A list in a cell: JSON's, pandas' or Parquet's own. */
function idList({ edit_history_tweet_ids: cell }: JsonValue): string[] {
  const text = Array.isArray(cell) ? cell.map(String).join(' ') : String(cell);
  if (!/^[\s\d"',[\]]*$/.test(text))
    throw new BadRecord(`edit_history_tweet_ids is ${quote(cell)}: it must be a list of ids`);
  return text.match(/\d+/g) ?? [];
}

/** The author's id; a table that has only names gets persons made of them. */
function authorOf(row: JsonValue, emit: Emit, tell: Tell): string {
  if (row.author_id !== undefined) {
    const id = idCell(row.author_id, 'author_id');
    if (row.username !== undefined) tell(personObject(row, id), emit);
    return id;
  }
  if (row.username === undefined) throw new BadRecord('nothing names the author');
  const id = mintPersonId(`table-user:${String(row.username).replace(/^@/, '').toLowerCase()}`);
  tell(personObject(row, id), emit);
  return id;
}

function personObject(row: JsonValue, id: string): JsonValue {
  const metrics = counts(row, ['followers_count', 'following_count', 'tweet_count', 'listed_count']);
  const joined = optionalTime(numericTime(row.author_created_at), 'author_created_at');
  const texts = ['description', 'location', 'url', 'profile_image_url', 'verified_type'] as const;
  const cell = String(row.username).trim().replace(/^@/, '');
  const username = usernameOf(cell);
  const name = row.name === undefined ? (cell === username ? undefined : cell) : String(row.name);
  return {
    id,
    username,
    ...(name !== undefined && { name }),
    ...(joined !== undefined && { created_at: new Date(joined).toISOString() }),
    ...Object.fromEntries(
      texts.flatMap((field) => (row[field] === undefined ? [] : [[field, String(row[field])]])),
    ),
    ...(row.verified !== undefined && { verified: isTrue(row.verified) }),
    ...(row.protected !== undefined && { protected: isTrue(row.protected) }),
    ...(metrics && { public_metrics: metrics }),
  };
}

/** A name that look-ups take. Tables often hold what is shown, with spaces; that stays as the person's name. */
function usernameOf(cell: string): string {
  const name = cell.replace(/[^A-Za-z0-9_.-]+/g, '_').slice(0, USERNAME_LENGTH_MAX);
  return /[A-Za-z0-9]/.test(name)
    ? name
    : `person_${createHash('sha256').update(cell).digest('hex').slice(0, 10)}`;
}

/** Counts as tables write them: `12`, `12.0`, 12n. */
function counts(row: JsonValue, fields: readonly string[]): JsonValue | undefined {
  const found: JsonValue = {};
  for (const field of fields) {
    const cell = row[field];
    if (cell === undefined) continue;
    const number = typeof cell === 'string' ? Number(cell) : typeof cell === 'bigint' ? Number(cell) : cell;
    if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 0)
      throw new BadRecord(`${field} is ${quote(cell)}: it must be a whole number from 0`);
    found[field] = number;
  }
  return Object.keys(found).length > 0 ? found : undefined;
}

function isTrue(cell: unknown): boolean {
  return cell === true || cell === 1n || cell === 1 || /^(true|1|1\.0|yes|t)$/i.test(String(cell).trim());
}
