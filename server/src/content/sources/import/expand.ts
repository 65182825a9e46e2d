import { type FileHandle, open, stat } from 'node:fs/promises';
import type { Transform } from 'node:stream';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';

/** A file that cannot be read on. Its message is for the person who named it. */
export class FileError extends Error {}

const READ_BYTES = 256 * 1024;
/**
 * Compressed files are read in small pieces, for what one piece expands to is held at once: deflate makes at most
 * 1,032 bytes of one.
 */
const COMPRESSED_READ_BYTES = 16 * 1024;
const OUTPUT_BYTES = 128 * 1024;
/**
 * Posts shrink to a tenth, copies of one post to a three-hundredth. Checked as the file is read, for each stretch that has grown past
 * the allowance by itself: what went before excuses nothing.
 */
const RATIO_MAX = 500;
const RATIO_ALLOWANCE_BYTES = 64 * 1024 * 1024;
/** Nobody has this many posts in one file; it ends what would otherwise run for days. */
const EXPANDED_BYTES_MAX = 4 * 1024 ** 4;
/** 128 MB, what zstd itself takes without being told (RFC 8878, section 3.1.1.1.2). */
const ZSTD_WINDOW_LOG_MAX = 27;

const GZIP_MAGIC = [0x1f, 0x8b];
const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];

export type Compression = 'gzip' | 'zstd' | 'none';

/** Told by the first bytes, whatever the file is called. */
export function compressionOf(head: Uint8Array): Compression {
  if (GZIP_MAGIC.every((byte, at) => head[at] === byte)) return 'gzip';
  // A zstd file may begin with frames that decoders skip: 0x184D2A5?, little-endian.
  const skippable = head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18 && (head[0]! & 0xf0) === 0x50;
  if (skippable || ZSTD_MAGIC.every((byte, at) => head[at] === byte)) return 'zstd';
  return 'none';
}

/**
 * The bytes of a file, decompressed if need be, in pieces. When the file turns out to be cut off, everything that
 * came before is yielded first; when it is damaged, all but the last 128 KB.
 * @param onRead told how many bytes of the file itself have been read.
 * @throws FileError for damage, truncation and bombs.
 */
export async function* expandedBytes(
  path: string,
  onRead: (fileBytes: number) => void,
): AsyncGenerator<Buffer> {
  // Opening a pipe would wait for its writer for ever.
  const kind = await stat(path);
  if (kind.isDirectory()) throw new FileError('it is a directory; name the files in it');
  if (!kind.isFile()) throw new FileError('it is a device or a pipe; name a file');
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(4);
    await file.read(head, 0, head.length, 0);
    const compression = compressionOf(head);
    if (compression === 'none') yield* pieces(file, READ_BYTES, onRead);
    else yield* decompressed(pieces(file, COMPRESSED_READ_BYTES, onRead), compression);
  } finally {
    await file.close();
  }
}

async function* pieces(
  file: FileHandle,
  size: number,
  onRead: (fileBytes: number) => void,
): AsyncGenerator<Buffer> {
  let position = 0;
  while (true) {
    const buffer = Buffer.allocUnsafeSlow(size);
    const { bytesRead } = await file.read(buffer, 0, size, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    onRead(position);
    yield bytesRead === size ? buffer : buffer.subarray(0, bytesRead);
  }
}

/** Written by hand and not as a pipeline, because a failing pipeline throws away what it had decompressed. */
async function* decompressed(
  source: AsyncIterable<Buffer>,
  compression: 'gzip' | 'zstd',
): AsyncGenerator<Buffer> {
  const decoder: Transform =
    compression === 'gzip'
      ? createGunzip({ chunkSize: OUTPUT_BYTES })
      : createZstdDecompress({
          chunkSize: OUTPUT_BYTES,
          params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX },
        });
  let ready: Buffer[] = [];
  let bytesOut = 0;
  /** Of the stretch under way; the piece before it may still be on its way through. */
  let stretch = { bytesIn: 0, bytesOut: 0 };
  let pieceBytes = 0;
  let failure: Error | undefined;
  decoder.on('error', (error) => {
    failure ??= new FileError(`the ${compression} data is ${damage(error)}`);
  });
  decoder.on('data', (chunk: Buffer) => {
    bytesOut += chunk.length;
    stretch.bytesOut += chunk.length;
    const isWhole = stretch.bytesOut > RATIO_ALLOWANCE_BYTES;
    const tooMuch =
      bytesOut > EXPANDED_BYTES_MAX || (isWhole && stretch.bytesOut > stretch.bytesIn * RATIO_MAX);
    if (isWhole) stretch = { bytesIn: pieceBytes, bytesOut: 0 };
    if (tooMuch && !failure) {
      failure = new FileError(
        `the file expands more than ${RATIO_MAX}-fold and is refused as a decompression bomb; expand it yourself and import the result`,
      );
      decoder.destroy();
    }
    if (!failure) ready.push(chunk);
  });
  const take = () => {
    const taken = ready;
    ready = [];
    return taken;
  };
  const finished = new Promise<void>((resolve) => decoder.once('close', resolve));
  try {
    for await (const piece of source) {
      stretch.bytesIn += piece.length;
      pieceBytes = piece.length;
      await Promise.race([new Promise<void>((resolve) => decoder.write(piece, () => resolve())), finished]);
      yield* take();
      if (failure) throw failure;
    }
    decoder.end();
    await finished;
    yield* take();
    if (failure) throw failure;
  } finally {
    decoder.destroy();
  }
}

function damage(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'Z_BUF_ERROR' || /unexpected end/i.test(error.message))
    return 'cut off: the file ends in the middle';
  if (/window|memory/i.test(error.message))
    return 'compressed with a window above 128 MB; compress it again without --long';
  return `damaged (${error.message})`;
}
