import { randomBytes } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { Problem } from '#kernel';
import { BoxError } from './box.ts';
import type { Files } from './files.ts';
import { checkExtent, extentOf, isHeavy } from './header.ts';
import { GIF_BYTES_MAX, IMAGE_BYTES_MAX, VIDEO_BYTES_MAX } from './limits.ts';
import { type Decoder, PictureRefused } from './picture.ts';
import type { Category, Declared, MediaSender, PostMedia } from './port.ts';
import { declaredType, isKept, type KeptType, SNIFF_BYTES, typeOf } from './sniff.ts';
import { blankVideo, readVideo } from './video.ts';

/** What was made of an upload: parts under new names, ready to be kept under them. */
export type TranscodedFile = {
  kind: PostMedia['type'];
  contentType: KeptType;
  /** Also the name that it is served under: nobody can guess it. */
  name: string;
  preview?: string;
  size: number;
  width: number;
  height: number;
  durationMs?: number;
};

const EXTENSIONS: Readonly<Record<KeptType, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'video/mp4': 'mp4',
  'video/quicktime': 'mov',
};

/** 128 random bits, which is what keeps a file from those who were not told of it. */
const NAME_BYTES = 16;

/** Names that are served: 22 characters of base64url and one of our endings. */
export const NAME = /^[A-Za-z0-9_-]{22}\.(?:jpg|png|webp|gif|mp4|mov)$/;

function newName(type: KeptType): string {
  return `${randomBytes(NAME_BYTES).toString('base64url')}.${EXTENSIONS[type]}`;
}

export function refuse(detail: string, cause?: unknown): Problem {
  return new Problem('body-invalid', { detail }, { cause });
}

/** X's categories by what they may hold. */
function fits(category: Category, type: KeptType): boolean {
  if (category.endsWith('_video')) return type.startsWith('video/');
  if (category.endsWith('_gif')) return type === 'image/gif';
  return type.startsWith('image/');
}

/** MOV and MP4 are one format with two names, and clients call either by the other's. */
function isLie(declared: string, found: KeptType): boolean {
  return (
    declared !== found && !(declared.startsWith('video/') && found.startsWith('video/') && declared in ISO)
  );
}
const ISO: Readonly<Record<string, true>> = { 'video/mp4': true, 'video/quicktime': true };

/** Where things are made: the module's folder, its decoder, for whom, and who is told of each name before a file has it. */
export type Transcoder = { files: Files; decoder: Decoder; sender: MediaSender; reserve(name: string): void };

/**
 * Looks at what a file is, holds it against what was declared, and makes our own of it: pictures are decoded and written
 * anew, videos are checked box by box and blanked of what is not picture or sound. The part itself stays as it was sent; what was
 * made before a failure lies under a reserved name.
 * @throws Problem `body-invalid` that says what is wrong and names both types of a file that lies.
 */
export async function transcode(
  workshop: Transcoder,
  part: string,
  { mediaType, category }: Declared,
): Promise<TranscodedFile> {
  const path = workshop.files.partPath(part);
  const found = await typeIn(path);
  const declared = declaredType(mediaType);
  if (!isKept(found)) {
    const said = declared === undefined ? '' : `, declared as ${declared}`;
    throw refuse(
      `The file is ${found} by its content${said}. What is taken: ${Object.keys(EXTENSIONS).join(', ')}.`,
    );
  }
  if (declared !== undefined && isLie(declared, found))
    throw refuse(`The file was declared as ${declared} and is ${found} by its content.`);
  if (category !== undefined && !fits(category, found))
    throw refuse(`The file is ${found} by its content, which is not what media_category ${category} holds.`);
  const { size } = await stat(path);
  const most = found.startsWith('video/')
    ? VIDEO_BYTES_MAX
    : found === 'image/gif'
      ? GIF_BYTES_MAX
      : IMAGE_BYTES_MAX;
  if (size > most)
    throw new Problem('body-too-large', {
      detail: `The file has ${size} bytes; of ${found} at most ${most} are taken.`,
    });
  try {
    return found.startsWith('video/')
      ? await makeVideo(workshop, part, found, size)
      : await makePicture(workshop, part, found, size);
  } catch (error) {
    if (error instanceof PictureRefused || error instanceof BoxError)
      throw refuse(`The file begins like ${found}, but ${error.message}.`, error);
    throw error;
  }
}

async function typeIn(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(SNIFF_BYTES);
    const { bytesRead } = await file.read(head, 0, SNIFF_BYTES, 0);
    return typeOf(head.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

async function makePicture(
  { files, decoder, sender, reserve }: Transcoder,
  part: string,
  type: KeptType,
  size: number,
): Promise<TranscodedFile> {
  const extent = await extentOf(files.partPath(part), type);
  checkExtent(extent, type, size);
  const name = newName(type);
  const preview = newName('image/jpeg');
  reserve(name);
  reserve(preview);
  const paths = { from: files.partPath(part), to: files.partPath(name), preview: files.partPath(preview) };
  const { moves, ...about } = await decoder.make({ ...paths, type }, sender, isHeavy(extent));
  const made: TranscodedFile = { kind: moves ? 'animated_gif' : 'photo', contentType: type, name, ...about };
  return moves ? { ...made, preview } : made;
}

async function makeVideo(
  { files, reserve }: Transcoder,
  part: string,
  type: KeptType,
  size: number,
): Promise<TranscodedFile> {
  const video = await readVideo(files.partPath(part));
  const name = newName(type);
  reserve(name);
  await files.join([part], name);
  await blankVideo(files.partPath(name), video);
  const { width, height, durationMs } = video;
  const made: TranscodedFile = { kind: 'video', contentType: type, name, size, width, height };
  return durationMs === undefined ? made : { ...made, durationMs };
}
