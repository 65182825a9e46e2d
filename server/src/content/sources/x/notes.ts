import { dirname, join } from 'node:path';
import { type PostInput, TEXT_LENGTH_MAX, unescapeText } from '#posts';
import { parseTime } from '../time.ts';
import { isObject } from '../value.ts';
import { assignedIn } from './assigned.ts';

/**
 * Long posts of an X archive: `tweets.js` has their beginning, `note-tweet.js` beside it the whole text under an id of its own.
 * The two are told to belong together by that beginning and the moment.
 */
const NOTES_BYTES_MAX = 64 << 20;
/** Long posts are cut after some 275 characters; a shorter beginning could be another post's. */
const BEGINNING_LENGTH_MIN = 100;
const APART_MAX_MS = 300_000;
/** An ellipsis, and the link to the whole post that X puts behind it. */
const CUT = /\s*(?:…|\.\.\.)\s*(?:https:\/\/t\.co\/\w+)?\s*$/;

type Note = { text: string; createdAt: number };

/** Finds the whole text of a post that was cut. */
export type Notes = (post: Pick<PostInput, 'text' | 'createdAt'>) => string | undefined;

/** @param archivePath any file of the archive's `data` folder. @throws BadRecord when the file beside it is none of X's. */
export function notesBeside(archivePath: string): Notes {
  const notes = readNotes(join(dirname(archivePath), 'note-tweet.js'));
  const byBeginning = Map.groupBy(notes, ({ text }) => text.slice(0, BEGINNING_LENGTH_MIN));
  return ({ text, createdAt }) => {
    const beginning = unescapeText(text).replace(CUT, '');
    const candidates = byBeginning.get(beginning.slice(0, BEGINNING_LENGTH_MIN)) ?? [];
    return candidates.find(
      (note) =>
        note.text.length > beginning.length &&
        note.text.startsWith(beginning) &&
        Math.abs(note.createdAt - createdAt) <= APART_MAX_MS,
    )?.text;
  };
}

function readNotes(path: string): Note[] {
  const list = assignedIn(path, NOTES_BYTES_MAX);
  return (Array.isArray(list) ? list : []).flatMap((one: unknown): Note[] => {
    const note = isObject(one) && isObject(one.noteTweet) ? one.noteTweet : {};
    const createdAt = parseTime(note.createdAt);
    const text = isObject(note.core) ? note.core.text : undefined;
    if (typeof text !== 'string' || createdAt === undefined || text.length > TEXT_LENGTH_MAX) return [];
    return [{ text: unescapeText(text).toWellFormed(), createdAt }];
  });
}
