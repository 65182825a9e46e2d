import { crc32 } from 'node:zlib';

/** A checked wrapping for files that can be made again: magic ‖ CRC-32 of the body ‖ body. */
const MAGIC = 'PLYN';
const HEADER_BYTES = 8;

export function seal(body: Uint8Array): Buffer {
  const sealed = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  sealed.write(MAGIC, 0, 'latin1');
  sealed.set(body, HEADER_BYTES);
  sealed.writeUInt32BE(crc32(body), 4);
  return sealed;
}

/** The body; undefined if it is not whole. */
export function unseal(sealed: Buffer): Buffer | undefined {
  if (sealed.length < HEADER_BYTES || sealed.toString('latin1', 0, 4) !== MAGIC) return undefined;
  const body = sealed.subarray(HEADER_BYTES);
  return sealed.readUInt32BE(4) === crc32(body) ? body : undefined;
}
