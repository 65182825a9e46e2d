import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { Problem, timelyPieces } from '#kernel';

/** Some six million ids; a worker goes through 300,000 a second. */
export const UPLOAD_BYTES_MAX = 128 << 20;

/** Bytes of a file that is there. */
export async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

/**
 * Writes a body into a file from a place on, as it comes; what lies before that place in the file is not taken again.
 * All of it is on disk when this returns or throws, so that a cut upload goes on where it was.
 * @param from of the body's first byte; at most the file's size.
 * @returns the file's size, and where the body ended in it.
 * @throws Problem `body-too-large`, `body-invalid` when the body was cut, `request-timeout` when its sender is silent,
 * `storage-unavailable`.
 */
export async function writeBody(
  file: string,
  from: number,
  body: AsyncIterable<Buffer>,
): Promise<{ size: number; end: number }> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, constants.O_RDWR | constants.O_CREAT, 0o600);
    let size = (await handle.stat()).size;
    let end = from;
    try {
      for await (const chunk of timelyPieces(body)) {
        if (end + chunk.length > UPLOAD_BYTES_MAX) throw tooLarge();
        const skipped = Math.min(chunk.length, Math.max(0, size - end));
        await writeAll(handle, chunk.subarray(skipped), end + skipped);
        end += chunk.length;
        size = Math.max(size, end);
      }
    } finally {
      await handle.datasync();
    }
    return { size, end };
  } catch (cause) {
    throw cause instanceof Problem ? cause : new Problem('storage-unavailable', {}, { cause });
  } finally {
    await handle?.close();
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer, place: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, place + done);
    done += bytesWritten;
  }
}

export function tooLarge(): Problem {
  return new Problem('body-too-large', {
    detail: `An upload has at most ${UPLOAD_BYTES_MAX} bytes. Split the ids over several jobs.`,
  });
}
