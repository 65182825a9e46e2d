import { FileError } from '../import/expand.ts';
import type { JsonValue } from '../value.ts';

/**
 * Which column of a table says what. `--map text=Tweet,author_id=UserId` decides; what it leaves open is told by
 * the usual names of columns, compared without case and punctuation.
 */
export const TABLE_FIELDS = {
  id: ['id', 'tweetid', 'statusid', 'postid', 'idstr'],
  text: [
    'text',
    'fulltext',
    'tweet',
    'tweettext',
    'content',
    'rawcontent',
    'tweetcontent',
    'body',
    'message',
    'post',
  ],
  author_id: ['authorid', 'userid', 'fromuserid', 'useridstr', 'uid'],
  username: [
    'username',
    'screenname',
    'userscreenname',
    'authorusername',
    'handle',
    'user',
    'author',
    'fromuser',
  ],
  name: ['name', 'displayname', 'authorname'],
  created_at: [
    'createdat',
    'date',
    'datetime',
    'timestamp',
    'time',
    'created',
    'tweetcreated',
    'postedat',
    'publishedat',
  ],
  lang: ['lang', 'language', 'tweetlang'],
  like_count: [
    'likecount',
    'likes',
    'favoritecount',
    'favouritecount',
    'favorites',
    'numlikes',
    'publicmetricslikecount',
  ],
  retweet_count: [
    'retweetcount',
    'retweets',
    'repostcount',
    'reposts',
    'shares',
    'numretweets',
    'publicmetricsretweetcount',
    'publicmetricsrepostcount',
  ],
  reply_count: ['replycount', 'replies', 'numreplies', 'comments', 'publicmetricsreplycount'],
  quote_count: ['quotecount', 'quotes', 'publicmetricsquotecount'],
  bookmark_count: ['bookmarkcount', 'bookmarks', 'publicmetricsbookmarkcount'],
  impression_count: ['impressioncount', 'impressions', 'viewcount', 'views', 'publicmetricsimpressioncount'],
  conversation_id: ['conversationid'],
  replied_to_id: [
    'repliedtoid',
    'inreplytoid',
    'inreplytostatusid',
    'inreplytotweetid',
    'inreplytopostid',
    'referencedtweetsrepliedtoid',
    'referencedpostsrepliedtoid',
  ],
  quoted_id: [
    'quotedid',
    'quotedstatusid',
    'quotedtweetid',
    'referencedtweetsquotedid',
    'referencedpostsquotedid',
  ],
  retweeted_id: [
    'retweetedid',
    'retweetedstatusid',
    'retweetedtweetid',
    'retweetid',
    'referencedtweetsretweetedid',
    'referencedpostsretweetedid',
    'referencedpostsrepostedid',
  ],
  in_reply_to_user_id: ['inreplytouserid'],
  possibly_sensitive: ['possiblysensitive', 'sensitive'],
  source: ['source', 'sourcelabel'],
  description: ['description', 'userdescription', 'bio', 'authordescription'],
  location: ['location', 'userlocation', 'authorlocation'],
  followers_count: [
    'followerscount',
    'followers',
    'userfollowers',
    'userfollowerscount',
    'publicmetricsfollowerscount',
    'authorpublicmetricsfollowerscount',
  ],
  following_count: [
    'followingcount',
    'following',
    'friendscount',
    'userfriends',
    'userfriendscount',
    'publicmetricsfollowingcount',
    'authorpublicmetricsfollowingcount',
  ],
  verified: ['verified', 'userverified', 'authorverified'],
  protected: ['protected', 'userprotected', 'isprotected', 'authorprotected'],
  tweet_count: [
    'tweetcount',
    'statusescount',
    'userstatusescount',
    'publicmetricstweetcount',
    'authorpublicmetricstweetcount',
  ],
  listed_count: ['listedcount', 'publicmetricslistedcount', 'authorpublicmetricslistedcount'],
  author_created_at: ['authorcreatedat', 'usercreatedat', 'usercreated'],
  url: ['authorurl', 'userurl'],
  profile_image_url: ['profileimageurl', 'authorprofileimageurl', 'userprofileimageurl'],
  verified_type: ['verifiedtype', 'authorverifiedtype'],
  reply_settings: ['replysettings'],
  edit_history_tweet_ids: ['edithistorytweetids', 'edithistorypostids'],
  place_id: ['placeid', 'geoplaceid'],
} as const satisfies Record<string, readonly string[]>;

/** What one row can say of another. */
export const REFERENCE_FIELDS = ['replied_to_id', 'quoted_id', 'retweeted_id', 'conversation_id'] as const;

export type TableField = keyof typeof TABLE_FIELDS;
export type ColumnMap = Partial<Record<TableField, string>>;

/** The unknown fields of a map, so that a slip is told before anything is read. */
export function unknownFields(map: Record<string, string>): string[] {
  return Object.keys(map).filter((field) => !Object.hasOwn(TABLE_FIELDS, field));
}

/** Position of the column of each field that the table has. */
export type Columns = Partial<Record<TableField, number>>;

export type Table = {
  columns: Columns;
  /** Names of the columns that no field takes. */
  leftOut: string[];
};

/** As many as the widest spreadsheet holds (Excel's last column is XFD); collections of posts have some hundred. */
export const COLUMNS_MAX = 16_384;

/** A table that is too wide to be one of posts. */
export function tooManyColumns(): FileError {
  return new FileError(
    `the first row names more than ${COLUMNS_MAX} columns; is this a table? Leave out the columns that hold no posts`,
  );
}

/**
 * A table without a column of texts, but with ids and usernames, is one of persons.
 * @param header the table's column names, in order.
 * @throws FileError when there are too many columns, a column of the map is not there, or nothing says which column holds what is needed.
 */
export function findColumns(header: readonly string[], map: ColumnMap): Table {
  if (header.length > COLUMNS_MAX) throw tooManyColumns();
  const columns: Columns = {};
  const given = new Set<number>();
  for (const [field, column] of Object.entries(map) as [TableField, string][]) {
    const at = header.findIndex((name) => name.trim() === column);
    const loose = at >= 0 ? at : header.findIndex((name) => plain(name) === plain(column));
    if (loose < 0)
      throw new FileError(`--map names the column ${column}, but the table has ${listed(header)}`);
    columns[field] = loose;
    given.add(loose);
  }
  const names = header.map(plain);
  for (const [field, aliases] of Object.entries(TABLE_FIELDS) as [TableField, readonly string[]][]) {
    if (columns[field] !== undefined) continue;
    const at = aliases
      .map((alias) => names.findIndex((name, index) => name === alias && !given.has(index)))
      .find((index) => index >= 0);
    if (at === undefined) continue;
    columns[field] = at;
    given.add(at);
  }
  const isPeople =
    columns.text === undefined &&
    (columns.id ?? columns.author_id) !== undefined &&
    columns.username !== undefined;
  if (columns.text === undefined && !isPeople) {
    throw new FileError(
      `no column of the table is known to hold the text; say which with --map text=…, or for a table of persons id=…,username=…: it has ${listed(header)}`,
    );
  }
  if (!isPeople && columns.author_id === undefined && columns.username === undefined) {
    throw new FileError(
      `no column of the table is known to name the author; say which with --map author_id=… or username=…: it has ${listed(header)}`,
    );
  }
  if (!isPeople && columns.id === undefined && columns.created_at === undefined) {
    throw new FileError(
      `no column of the table is known to hold ids or times; say which with --map id=… or created_at=…: it has ${listed(header)}`,
    );
  }
  const leftOut = header.filter((name, index) => name.trim() !== '' && !given.has(index));
  return { columns, leftOut: leftOut.map((name) => name.trim().slice(0, NAME_LENGTH_MAX)) };
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

const LISTED_MAX = 30;
/** Of a column's name, so much is shown. */
const NAME_LENGTH_MAX = 60;
function listed(header: readonly string[]): string {
  const names = header
    .slice(0, LISTED_MAX)
    .map((name) => name.trim().slice(0, NAME_LENGTH_MAX) || '(nameless)');
  return names.join(', ') + (header.length > LISTED_MAX ? ' …' : '');
}

/** What a row says, by field; empty cells are left out. */
export function rowOf(cellAt: (column: number) => unknown, columns: Columns): JsonValue {
  const row: JsonValue = {};
  for (const [field, at] of Object.entries(columns)) {
    const cell = cellAt(at);
    if (cell === undefined || cell === null || cell === '') continue;
    // What pandas, R and MySQL write for nothing.
    if (typeof cell === 'string' && /^(?:nan|null|none|na|n\/a|\\N|<NA>)$/i.test(cell) && field !== 'text')
      continue;
    row[field] = cell;
  }
  return row;
}
