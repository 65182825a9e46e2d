import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import type { FilePort } from './file.ts';
import { TEMPORARY } from './file.ts';

/** A checked wrapping for files that can be made again: magic ‖ body ‖ CRC-32 of both. */
const MAGIC = Buffer.from('PLYN');
const TRAILER_BYTES = 4;
/** Between two of these the event loop runs: checksumming one takes well under a millisecond. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * Writes a body given in parts, atomically and durably, without joining them: a snapshot may have many megabytes
 * and is written on the main thread.
 */
export async function writeSealed(
  files: FilePort,
  path: string,
  parts: readonly Uint8Array[],
): Promise<void> {
  const temporary = path + TEMPORARY;
  await files.remove(temporary);
  const file = await files.openAppend(temporary, 0);
  let crc = 0;
  for (const part of [MAGIC, ...parts]) {
    for (let at = 0; at < part.length; at += CHUNK_BYTES) {
      const chunk = part.subarray(at, at + CHUNK_BYTES);
      crc = crc32(chunk, crc);
      await file.append(chunk);
    }
  }
  const trailer = Buffer.alloc(TRAILER_BYTES);
  trailer.writeUInt32BE(crc);
  await file.append(trailer);
  await file.sync();
  await file.close();
  await files.rename(temporary, path);
  await files.sync(dirname(path));
}

/** The body; undefined if it is not whole. */
export function unseal(sealed: Buffer): Buffer | undefined {
  const end = sealed.length - TRAILER_BYTES;
  if (end < MAGIC.length || !sealed.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  if (sealed.readUInt32BE(end) !== crc32(sealed.subarray(0, end))) return undefined;
  return sealed.subarray(MAGIC.length, end);
}
