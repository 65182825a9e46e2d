import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { overloaded, Problem } from '#kernel';
import { type Files, PartTooLarge } from './files.ts';
import { PART_BYTES_MAX, STAGING_A_PERSON_MAX, STAGING_AN_APP_MAX, STAGING_MAX } from './limits.ts';
import type { MediaLibrary } from './port.ts';
import { refuse } from './transcode.ts';

const RETRY_AFTER_SECONDS = 2;

/**
 * Parts that arrive: bounded in bytes, and in how many there are at one moment, of a person, of an app and of all.
 * @param fresh names of parts that no upload names yet; the sweep leaves them alone.
 */
export function openStaging(options: {
  files: Files;
  fresh: Set<string>;
  dropParts(parts: readonly string[]): Promise<unknown>;
}): MediaLibrary['stage'] {
  const { files, fresh, dropParts } = options;
  const byPerson = new Map<string, number>();
  const byApp = new Map<string, number>();
  let all = 0;

  return async function stage(sender, bytes: Readable) {
    const { appId, personId } = sender;
    // It may fail before anybody reads it; who reads it then is told.
    bytes.on('error', () => undefined);
    const isFull =
      all >= STAGING_MAX ||
      (byApp.get(appId) ?? 0) >= STAGING_AN_APP_MAX ||
      (byPerson.get(personId) ?? 0) >= STAGING_A_PERSON_MAX;
    if (isFull) {
      bytes.resume();
      throw overloaded(RETRY_AFTER_SECONDS);
    }
    const part = randomUUID();
    count(byPerson, personId, 1);
    count(byApp, appId, 1);
    all += 1;
    fresh.add(part);
    let isOver = false;
    const handOn = () => {
      if (isOver) return;
      isOver = true;
      fresh.delete(part);
      all -= 1;
      count(byPerson, personId, -1);
      count(byApp, appId, -1);
    };
    try {
      const size = await files.writePart(part, bytes, PART_BYTES_MAX);
      return {
        part,
        size,
        sender,
        handOn,
        async release() {
          if (isOver) return;
          await dropParts([part]);
          handOn();
        },
      };
    } catch (error) {
      handOn();
      throw storageProblem(error);
    }
  };
}

function count(counts: Map<string, number>, of: string, more: 1 | -1): void {
  const now = (counts.get(of) ?? 0) + more;
  if (now > 0) counts.set(of, now);
  else counts.delete(of);
}

/** What went wrong with a file, as a refusal: what the file system says is the disk's fault, never the caller's. */
export function storageProblem(error: unknown): unknown {
  if (error instanceof Problem) return error;
  if (error instanceof PartTooLarge)
    return new Problem('body-too-large', {
      detail: `A file or segment in one request has at most ${PART_BYTES_MAX} bytes. Send it in segments.`,
    });
  const { code = '' } = error as NodeJS.ErrnoException;
  if (/^E[A-Z]+$/.test(code) && code !== 'ECONNRESET' && code !== 'EPIPE')
    return new Problem('storage-unavailable', {}, { cause: error });
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ABORT_ERR')
    return refuse('The body ended before its end.', error);
  return error;
}
