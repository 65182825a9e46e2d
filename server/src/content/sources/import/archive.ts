import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Change } from '#posts';
import type { SourceReading } from '../reading.ts';
import { optionalTime } from '../time.ts';
import { attempt, BadRecord, idValue, isObject, type JsonValue } from '../value.ts';
import { type ArchiveOwner, archiveOwner, grailbirdOwner, NOTHING_OF_OTHERS, ownOnly } from '../x/archive.ts';
import { type Notes, notesBeside } from '../x/notes.ts';
import { isV1Post, takeArchivedPost } from '../x/v1.ts';
import { FileError } from './expand.ts';
import type { Output, Take } from './records.ts';

/** What a file of an X archive holds, by the name that it assigns to. */
export type ArchivePart = 'posts' | 'notes' | 'deleted' | 'months';

const PARTS: Record<string, ArchivePart> = {
  tweet: 'posts',
  tweets: 'posts',
  community_tweet: 'posts',
  note_tweet: 'notes',
  deleted_tweet: 'deleted',
  deleted_tweets: 'deleted',
};
const X_ARCHIVE = /^\ufeff?\s*window\.YTD\.([A-Za-z_]+)\.part\d+\s*=\s*/;
/** Archives of 2012 to 2018: one file a month, `data/js/tweets/2012_01.js`. */
const GRAILBIRD = /^\ufeff?\s*Grailbird\.data\.tweets_\d{4}_\d{2}\s*=\s*/;
const POST_FILES = /^(?:tweets?|community-tweet)(?:-part\d+)?\.js$/;

/** @returns undefined for what is no file of an archive. @throws FileError for a part that holds no posts. */
export function archivePart(text: string): ArchivePart | undefined {
  if (GRAILBIRD.test(text)) return 'months';
  const name = X_ARCHIVE.exec(text)?.[1];
  if (name === undefined) return undefined;
  const part = PARTS[name.toLowerCase()];
  if (part) return part;
  throw new FileError(`this part of an X archive holds ${name}, not posts; import tweets.js`);
}

/** The post files beside `note-tweet.js`, whose texts belong to their posts. @throws FileError if there are none. */
export function postFilesBeside(path: string): string[] {
  const folder = dirname(path);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => POST_FILES.test(name)) : [];
  if (names.length === 0) {
    throw new FileError(
      'note-tweet.js holds the texts of long posts; put tweets.js of the archive beside it',
    );
  }
  return names.sort().map((name) => join(folder, name));
}

/** How the records of one file are taken: as its owner's, and nothing of others. Tells of the owner first. */
export function archiveTake(path: string, part: ArchivePart, reading: SourceReading, output: Output): Take {
  const owner = ownerOf(path, part);
  if (owner) output.change({ kind: 'person', ...owner }, 1);
  if (part === 'deleted') return eachOf(takeDeleted(owner!.person.id));
  const notes = part === 'posts' ? notesBeside(path) : () => undefined;
  let ownerId = owner?.person.id;
  return eachOf((value, emit) => {
    const post = isObject(value) && isObject(value.tweet) ? value.tweet : value;
    if (!isObject(post) || !isV1Post(post)) throw new BadRecord(NOTHING_OF_OTHERS);
    // A file of months without user_details.js is its first author's.
    ownerId ??= isObject(post.user) ? idValue(post.user.id_str, 'user.id_str') : undefined;
    if (ownerId === undefined) throw new BadRecord('user is missing: nothing names the author');
    const owned = { ...reading, authorId: ownerId };
    takeArchivedPost(post, owned, ownOnly(withNotes(emit, notes, reading), ownerId));
  });
}

/** A short list comes as one record. */
function eachOf(take: Take): Take {
  return (value, emit, reject) => {
    if (!Array.isArray(value)) take(value, emit, reject);
    else
      value.forEach((item: unknown, index) => {
        const refuse = (reason: string) => reject(`[${index}] ${reason}`);
        attempt(() => take(item, emit, refuse), refuse);
      });
  };
}

function ownerOf(path: string, part: ArchivePart): ArchiveOwner | undefined {
  if (part === 'months') return grailbirdOwner(path);
  const owner = archiveOwner(path);
  if (owner) return owner;
  throw new FileError(
    'this part of an X archive does not name its author; put account.js of the archive beside it',
  );
}

function withNotes(emit: (change: Change) => void, notes: Notes, reading: SourceReading): typeof emit {
  return (change) => {
    const text = change.kind === 'post' ? notes(change.post) : undefined;
    if (change.kind !== 'post' || text === undefined) emit(change);
    else {
      const post = { ...change.post, longText: { text, entities: reading.entitiesOf(text) } };
      emit({ ...change, post, unsaid: (change.unsaid ?? []).filter((field) => field !== 'longText') });
    }
  };
}

/** Posts that the owner deleted: they go from here too, if they are the owner's. */
function takeDeleted(authorId: string): Take {
  return (value, emit) => {
    const post = isObject(value) && isObject(value.tweet) ? value.tweet : ({} as JsonValue);
    const at = optionalTime(post.deleted_at, 'deleted_at');
    if (at === undefined) throw new BadRecord('deleted_at is missing: it is no post that was deleted');
    emit({ kind: 'delete-post', id: idValue(post.id_str, 'id_str'), at, authorId });
  };
}
