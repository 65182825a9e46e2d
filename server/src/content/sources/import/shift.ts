import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FIRST_SNOWFLAKE, ID_MAX, writeAtomically } from '#kernel';
import type { Change, Person, PostInput } from '#posts';
import { isSnowflake } from '../time.ts';
import { BadRecord } from '../value.ts';

/**
 * `--shift-to-now`: one distance for a data folder, by which posts are moved in time. The first shifted import
 * fixes it, so that importing again changes nothing and later files keep their distances to earlier ones.
 */
export type Shift = { deltaMs: number; newestMs: number; fixedAt: number };

const FILE_NAME = 'import-shift.json';
const TIME_BITS = 22n;

export function readShift(folder: string): Shift | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, FILE_NAME), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const shift = JSON.parse(text) as Shift;
  if (!Number.isSafeInteger(shift.deltaMs))
    throw new Error(`${join(folder, FILE_NAME)} holds no deltaMs: restore it from a backup`);
  return shift;
}

/** On disk, whole, before this returns: a crash in between leaves either no file or all of it. */
export function writeShift(folder: string, shift: Shift): void {
  writeAtomically(join(folder, FILE_NAME), `${JSON.stringify(shift)}\n`);
}

/** Puts the newest post into the second before now; whole seconds, so that times keep their fractions. */
export function shiftTo(now: number, newestMs: number): Shift {
  return { deltaMs: Math.floor((now - 1 - newestMs) / 1000) * 1000, newestMs, fixedAt: now };
}

/** A post's id, moved. Ids from before snowflakes carry no time and stay. */
export function shiftId(id: string, deltaMs: number): string {
  if (!isSnowflake(id)) return id;
  const moved = BigInt(id) + (BigInt(deltaMs) << TIME_BITS);
  if (moved < FIRST_SNOWFLAKE || moved > ID_MAX)
    throw new BadRecord(`post id ${id} leaves the range of ids when it is moved in time`);
  return moved.toString();
}

/**
 * Moves a change in time: every id of a post wherever it occurs, and the times of posts and polls. Ids and dates of
 * persons, media, polls and places stay. Changes in place and returns the same object: it was made for this.
 */
export function shiftChange(change: Change, deltaMs: number): Change {
  switch (change.kind) {
    case 'post':
      shiftPost(change.post, deltaMs);
      break;
    case 'edit':
      shiftPost(change.post, deltaMs);
      change.previousId = shiftId(change.previousId, deltaMs);
      break;
    case 'delete-post':
    case 'metrics':
    case 'withhold-post':
    case 'hide-reply':
      change.id = shiftId(change.id, deltaMs);
      break;
    case 'scrub-geo':
      change.upToPostId = shiftId(change.upToPostId, deltaMs);
      break;
    case 'relate':
    case 'unrelate':
      if (change.relation === 'like' || change.relation === 'bookmark') shiftTowardsPost(change, deltaMs);
      break;
    case 'person':
      shiftPerson(change.person, deltaMs);
      break;
    case 'poll':
      if (change.poll.endsAt !== undefined) change.poll.endsAt += deltaMs;
      break;
  }
  return change;
}

function shiftPost(post: PostInput, deltaMs: number): void {
  const given = post.id;
  const move = (id: string) => (id === given ? post.id : shiftId(id, deltaMs));
  post.id = shiftId(given, deltaMs);
  if (post.conversationId !== undefined) post.conversationId = move(post.conversationId);
  if (post.editHistory) post.editHistory = post.editHistory.map(move);
  if (post.references) for (const reference of post.references) reference.id = move(reference.id);
  // Search finds a post by the time in its id: where that stays, so does the post's own.
  if (isSnowflake(given)) post.createdAt += deltaMs;
}

/** What is towards a post keeps its distance to it; other relations stay, as persons do. */
function shiftTowardsPost(change: Extract<Change, { kind: 'relate' | 'unrelate' }>, deltaMs: number): void {
  if (isSnowflake(change.to)) change.at += deltaMs;
  change.to = shiftId(change.to, deltaMs);
}

function shiftPerson(person: Person, deltaMs: number): void {
  if (person.pinnedPostId) person.pinnedPostId = shiftId(person.pinnedPostId, deltaMs);
  if (person.mostRecentPostId) person.mostRecentPostId = shiftId(person.mostRecentPostId, deltaMs);
}
