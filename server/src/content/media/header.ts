import { type FileHandle, open } from 'node:fs/promises';
import { BoxError } from './box.ts';
import {
  GIF_FRAMES_MAX,
  GIF_PIXELS_MAX,
  HEAVY_PIXELS,
  HEAVY_PIXELS_A_BYTE_MAX,
  JPEG_SCANS_MAX,
  PICTURE_PIXELS_MAX,
  SIDE_PIXELS_MAX,
} from './limits.ts';

/** What decoding a picture will take, as its own header says. Pixels of one frame, and how many frames there are. */
export type Extent = { width: number; height: number; frames: number };

/**
 * Holds a picture against what is decoded at all, before a pixel is.
 * @param bytes of the file. @throws BoxError with its size and the limit.
 */
export function checkExtent({ width, height, frames }: Extent, type: string, bytes: number): void {
  const isGif = type === 'image/gif';
  if (width > SIDE_PIXELS_MAX || height > SIDE_PIXELS_MAX)
    throw new BoxError(`it is ${width}×${height} pixels; a side has at most ${SIDE_PIXELS_MAX}`);
  if (width * height > PICTURE_PIXELS_MAX)
    throw new BoxError(`it is ${width}×${height} pixels; a picture has at most ${PICTURE_PIXELS_MAX}`);
  if (frames > 1 && !isGif) throw new BoxError('it moves; only GIFs may');
  if (frames > GIF_FRAMES_MAX)
    throw new BoxError(`it has ${frames} frames or more; a GIF has at most ${GIF_FRAMES_MAX}`);
  if (width * height * frames > GIF_PIXELS_MAX)
    throw new BoxError(`its ${frames} frames are more than ${GIF_PIXELS_MAX} pixels together`);
  if (isHeavy({ width, height, frames }) && width * height * frames > bytes * HEAVY_PIXELS_A_BYTE_MAX)
    throw new BoxError(
      `its ${bytes} bytes expand to ${width}×${height} pixels${frames > 1 ? ` in ${frames} frames` : ''}: a picture of more than ${HEAVY_PIXELS} pixels has at most ${HEAVY_PIXELS_A_BYTE_MAX} a byte`,
    );
}

/** True for a picture that takes a decoder seconds. */
export function isHeavy({ width, height, frames }: Extent): boolean {
  return width * height * frames > HEAVY_PIXELS;
}

const CHUNK_BYTES = 64 << 10;

/** Reads a file from its beginning on, a chunk at a time; what is skipped is not read. */
function cursorOf(file: FileHandle) {
  let chunk = Buffer.alloc(0);
  let start = 0;
  let at = 0;

  async function fill(): Promise<void> {
    start += at;
    at = 0;
    const next = Buffer.alloc(CHUNK_BYTES);
    const { bytesRead } = await file.read(next, 0, CHUNK_BYTES, start);
    chunk = next.subarray(0, bytesRead);
  }

  return {
    /** True when so many bytes lie there: then the others read without waiting. */
    has: (count: number) => at + count <= chunk.length,
    fill,
    u8: () => chunk[at++]!,
    /** @returns bytes that stay valid until the next one is filled. */
    take(count: number): Buffer {
      at += count;
      return chunk.subarray(at - count, at);
    },
    skip(count: number): void {
      at += count;
    },
  };
}

type Cursor = ReturnType<typeof cursorOf>;

/** @throws BoxError for a file that ends before. */
async function need(cursor: Cursor, count: number): Promise<void> {
  if (cursor.has(count)) return;
  await cursor.fill();
  if (!cursor.has(count)) throw new BoxError('it ends in the middle of its header');
}

/**
 * Reads how large a JPEG, PNG, WebP or GIF is by its own structure, without decoding anything, in time that grows with its
 * bytes alone. What the decoder would refuse anyway is left to it: then a number may be 0.
 * @throws BoxError that says what is wrong.
 */
export async function extentOf(path: string, type: string): Promise<Extent> {
  const file = await open(path, 'r');
  try {
    const cursor = cursorOf(file);
    switch (type) {
      case 'image/png':
        return await pngExtent(cursor);
      case 'image/gif':
        return await gifExtent(cursor);
      case 'image/webp':
        return await webpExtent(cursor);
      default:
        return await jpegExtent(cursor);
    }
  } finally {
    await file.close();
  }
}

/** PNG, 11.2.2: IHDR is the first chunk. */
async function pngExtent(cursor: Cursor): Promise<Extent> {
  await need(cursor, 24);
  const head = cursor.take(24);
  if (head.toString('latin1', 12, 16) !== 'IHDR') throw new BoxError('its first chunk is not IHDR');
  return { width: head.readUInt32BE(16), height: head.readUInt32BE(20), frames: 1 };
}

/** GIF89a, 18 to 26: the logical screen, then blocks, of which images are the frames. */
async function gifExtent(cursor: Cursor): Promise<Extent> {
  await need(cursor, 13);
  const screen = cursor.take(13);
  let width = screen.readUInt16LE(6);
  let height = screen.readUInt16LE(8);
  let frames = 0;
  skipColours(cursor, screen[10]!);
  while (frames <= GIF_FRAMES_MAX && (await more(cursor))) {
    const kind = cursor.u8();
    if (kind === 0x21) {
      cursor.skip(1);
    } else if (kind === 0x2c) {
      await need(cursor, 9);
      const image = cursor.take(9);
      frames += 1;
      // Decoders make the canvas as large as what lies on it.
      width = Math.max(width, image.readUInt16LE(0) + image.readUInt16LE(4));
      height = Math.max(height, image.readUInt16LE(2) + image.readUInt16LE(6));
      skipColours(cursor, image[8]!);
      cursor.skip(1);
    } else break;
    await skipSubBlocks(cursor);
  }
  return { width, height, frames: Math.max(1, frames) };
}

function skipColours(cursor: Cursor, flags: number): void {
  if (flags & 0x80) cursor.skip(3 * 2 ** ((flags & 7) + 1));
}

async function skipSubBlocks(cursor: Cursor): Promise<void> {
  while (cursor.has(1) || (await more(cursor))) {
    const size = cursor.u8();
    if (size === 0) return;
    cursor.skip(size);
  }
}

/** False at the end of the file. */
async function more(cursor: Cursor): Promise<boolean> {
  if (!cursor.has(1)) await cursor.fill();
  return cursor.has(1);
}

/** RFC 9649: the first chunk is VP8 (lossy), VP8L (lossless) or VP8X, which says the canvas and whether it moves. */
async function webpExtent(cursor: Cursor): Promise<Extent> {
  await need(cursor, 25);
  const head = cursor.take(25);
  const kind = head.toString('latin1', 12, 16);
  if (kind === 'VP8L') {
    const bits = head.readUInt32LE(21);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1, frames: 1 };
  }
  await need(cursor, 5);
  const tail = cursor.take(5);
  if (kind === 'VP8 ')
    return { width: tail.readUInt16LE(1) & 0x3fff, height: tail.readUInt16LE(3) & 0x3fff, frames: 1 };
  if (kind !== 'VP8X') throw new BoxError(`its first chunk is ${JSON.stringify(kind)}`);
  const canvas = Buffer.concat([head.subarray(24), tail]);
  const width = canvas.readUIntLE(0, 3) + 1;
  const height = canvas.readUIntLE(3, 3) + 1;
  const isMoving = (head[20]! & 0x02) !== 0;
  return { width, height, frames: isMoving ? await webpFrames(cursor) : 1 };
}

async function webpFrames(cursor: Cursor): Promise<number> {
  let frames = 0;
  while (frames < 2) {
    if (!cursor.has(8)) await cursor.fill();
    if (!cursor.has(8)) break;
    const chunk = cursor.take(8);
    if (chunk.toString('latin1', 0, 4) === 'ANMF') frames += 1;
    const size = chunk.readUInt32LE(4);
    cursor.skip(size + (size % 2));
  }
  return Math.max(1, frames);
}

/** ITU-T T.81, annex B: segments up to the frame's header; behind it the scans, each of which goes over the whole picture. */
async function jpegExtent(cursor: Cursor): Promise<Extent> {
  let size: { width: number; height: number } | undefined;
  let scans = 0;
  cursor.skip(2);
  for (;;) {
    const marker = await nextMarker(cursor);
    if (marker === undefined || marker === 0xd9) break;
    if ((marker >= 0xd0 && marker <= 0xd8) || marker === 0x01) continue;
    await need(cursor, 2);
    const length = cursor.take(2).readUInt16BE(0);
    // C4, C8 and CC are tables; all other Cx are frames.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      await need(cursor, 5);
      const frame = cursor.take(5);
      size ??= { height: frame.readUInt16BE(1), width: frame.readUInt16BE(3) };
      cursor.skip(Math.max(0, length - 7));
    } else {
      cursor.skip(Math.max(0, length - 2));
    }
    if (marker === 0xda) scans += 1;
    if (scans > JPEG_SCANS_MAX)
      throw new BoxError(`it has more than ${JPEG_SCANS_MAX} scans, each of which goes over all of it`);
  }
  if (!size) throw new BoxError('it has no frame header');
  return { ...size, frames: 1 };
}

/** Passes over entropy-coded bytes, where FF 00 is a byte and no marker, to the next one; undefined at the end. */
async function nextMarker(cursor: Cursor): Promise<number | undefined> {
  let isAfterFf = false;
  while (cursor.has(1) || (await more(cursor))) {
    const byte = cursor.u8();
    if (isAfterFf && byte !== 0xff && byte !== 0x00) return byte;
    isAfterFf = byte === 0xff;
  }
  return undefined;
}
