import { Readable } from 'node:stream';
import { isId } from '#kernel';
import {
  CATEGORIES,
  type Category,
  type Declared,
  type MediaLibrary,
  type MediaSender,
  type Staged,
} from '#media';
import { badBody, type Incoming } from './incoming.ts';

const BASE64 = /^[A-Za-z0-9+/\-_\s]*={0,2}\s*$/;

/** What a client leaves out, or sends as empty or null, it does not say. */
function given(fields: Incoming['fields'], name: string): unknown {
  const value = fields.get(name);
  return value === null || value === '' ? undefined : value;
}

export function textField(fields: Incoming['fields'], name: string): string | undefined {
  const value = given(fields, name);
  if (value !== undefined && typeof value !== 'string') throw badBody(`\`${name}\` is text.`);
  return value;
}

/** Forms send numbers as digits. Throws when it is missing. */
export function integerField(fields: Incoming['fields'], name: string): number {
  const value = given(fields, name);
  const isDigits = typeof value === 'string' && /^\d{1,15}$/.test(value);
  if (!isDigits && !(typeof value === 'number' && Number.isInteger(value)))
    throw badBody(`\`${name}\` is a whole number.`);
  return Number(value);
}

/** An id, as text; a number that is larger than a double holds came as text already. */
export function idField(fields: Incoming['fields'], name: string): string {
  const sent = given(fields, name);
  const value = Number.isSafeInteger(sent) ? String(sent) : sent;
  if (typeof value !== 'string' || !isId(value)) throw badBody(`\`${name}\` is the id of an upload.`);
  return value;
}

/** A list in JSON, values with commas in forms. */
function idsField(fields: Incoming['fields'], name: string): readonly string[] | undefined {
  const value = given(fields, name);
  if (value === undefined) return undefined;
  const list: unknown = typeof value === 'string' ? value.split(',').map((one) => one.trim()) : value;
  if (!Array.isArray(list) || !list.every((one) => typeof one === 'string' && isId(one)))
    throw badBody(`\`${name}\` is a list of ids, as texts.`);
  return list;
}

/** What is said of the file. X's other names of categories hold nothing that is kept here. */
export function declaredOf(fields: Incoming['fields']): Declared {
  // v1.1's clients write TweetImage, those of v2 tweet_image.
  const category = textField(fields, 'media_category')
    ?.replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
  if (category !== undefined && !(CATEGORIES as readonly string[]).includes(category))
    throw badBody(`\`media_category\` is one of ${CATEGORIES.join(', ')}.`);
  return {
    mediaType: textField(fields, 'media_type'),
    category: category as Category | undefined,
    additionalOwners: idsField(fields, 'additional_owners'),
  };
}

/**
 * The file of a body, staged: a part, or base64 in `media` (v2) or `media_data` (v1.1). Then the rest of the body is read.
 * @returns undefined when there is none.
 */
export async function stageFile(
  incoming: Incoming,
  media: MediaLibrary,
  sender: MediaSender,
): Promise<{ staged: Staged; mediaType?: string } | undefined> {
  const { fields, file } = incoming;
  const base64 = file ? undefined : (textField(fields, 'media') ?? textField(fields, 'media_data'));
  if (!file && base64 === undefined) return undefined;
  if (base64 !== undefined && !BASE64.test(base64)) throw badBody('`media` in text is base64.');
  const bytes = file?.bytes ?? Readable.from([Buffer.from(base64 ?? '', 'base64')]);
  const staged = await media.stage(sender, bytes);
  try {
    await incoming.finish();
  } catch (error) {
    await staged.release();
    throw error;
  }
  return { staged, mediaType: file?.mediaType };
}
