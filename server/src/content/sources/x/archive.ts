import { dirname, join } from 'node:path';
import { defaultPerson, PERSON_FIELDS, type Person } from '#posts';
import type { Emit } from '../reading.ts';
import { optionalTime } from '../time.ts';
import { BadRecord, idValue, isObject, type JsonValue, optionalObject, optionalText } from '../value.ts';
import { assignedIn } from './assigned.ts';
import { usernameValue } from './person.ts';

/**
 * X account archives: files of JavaScript that assign a list, `window.YTD.tweets.part0 = [ {"tweet": {…}}, … ]`, with
 * the posts in v1.1 shape and no author in them: `account.js` beside them names the one whose archive it is, and
 * `profile.js` describes them. The archive's e-mail address and phone are not taken.
 */
const SMALL_FILE_BYTES_MAX = 1 << 20;

export const NOTHING_OF_OTHERS = "an archive brings its owner's posts and says nothing of others";

export type ArchiveOwner = { person: Person; unsaid: (keyof Person)[] };

/** @returns undefined if there is no readable `account.js` beside the file. @throws BadRecord if it says nothing usable. */
export function archiveOwner(tweetsPath: string): ArchiveOwner | undefined {
  const account = entry(join(dirname(tweetsPath), 'account.js'), 'account');
  if (!account) return undefined;
  const profile = entry(join(dirname(tweetsPath), 'profile.js'), 'profile');
  const username = usernameValue(account.username);
  const createdAt = optionalTime(account.createdAt, 'account.createdAt');
  const about = profile && optionalObject(profile, 'description');
  const person: Person = {
    ...defaultPerson(idValue(account.accountId, 'account.accountId')),
    username,
    name: optionalText(account, 'accountDisplayName') ?? username,
    ...(createdAt !== undefined && { createdAt }),
    description: (about && optionalText(about, 'bio')) ?? '',
  };
  const location = about && optionalText(about, 'location');
  if (location) person.location = location;
  const url = about && optionalText(about, 'website');
  if (url) person.url = url;
  const image = profile && optionalText(profile, 'avatarMediaUrl');
  if (image) person.profileImageUrl = image;
  const said: (keyof Person)[] = ['id', 'username', 'name'];
  if (createdAt !== undefined) said.push('createdAt');
  if (about) said.push('description');
  for (const field of ['location', 'url', 'profileImageUrl'] as const) if (person[field]) said.push(field);
  return { person, unsaid: PERSON_FIELDS.filter((field) => !said.includes(field)) };
}

/**
 * The owner of an archive of 2012 to 2018, by `user_details.js` in the folder above its months or beside them.
 * @returns undefined without one: the posts themselves name their author.
 */
export function grailbirdOwner(monthPath: string): ArchiveOwner | undefined {
  const folder = dirname(monthPath);
  const details = [join(folder, '..', 'user_details.js'), join(folder, 'user_details.js')]
    .map(readDetails)
    .find((one) => one !== undefined);
  if (!details) return undefined;
  const username = usernameValue(details.screen_name);
  const createdAt = optionalTime(details.created_at, 'user_details.created_at');
  const location = optionalText(details, 'location');
  const description = optionalText(details, 'bio');
  const person: Person = {
    ...defaultPerson(idValue(details.id, 'user_details.id')),
    username,
    name: optionalText(details, 'full_name') ?? username,
    ...(createdAt !== undefined && { createdAt }),
    ...(location !== undefined && { location }),
    description: description ?? '',
  };
  const said: (keyof Person)[] = ['id', 'username', 'name'];
  if (createdAt !== undefined) said.push('createdAt');
  if (location !== undefined) said.push('location');
  if (description !== undefined) said.push('description');
  return { person, unsaid: PERSON_FIELDS.filter((field) => !said.includes(field)) };
}

function readDetails(path: string): JsonValue | undefined {
  const value = assignedIn(path, SMALL_FILE_BYTES_MAX);
  return isObject(value) ? value : undefined;
}

/**
 * An archive comes from one person, who speaks for nobody else: it brings that person's posts with what they show. Whatever
 * it says beyond (deletions and other operations, posts and profiles of others) is refused.
 */
export function ownOnly(emit: Emit, ownerId: string): Emit {
  return (change) => {
    const isOwn =
      change.kind === 'post'
        ? change.post.authorId === ownerId
        : change.kind === 'person'
          ? change.person.id === ownerId
          : change.kind === 'media' || change.kind === 'place';
    if (!isOwn) throw new BadRecord(NOTHING_OF_OTHERS);
    emit(change);
  };
}

/** The first entry of one of the archive's small files. */
function entry(path: string, key: string): JsonValue | undefined {
  const list = assignedIn(path, SMALL_FILE_BYTES_MAX);
  if (list === undefined) return undefined;
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  if (!isObject(first)) throw new BadRecord(`${key}.js beside it is empty`);
  return optionalObject(first, key);
}
