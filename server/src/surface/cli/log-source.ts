import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogSource } from '#ledger/verify';
import { CommandError } from './command.ts';

/** Where `ledger verify` reads a log from: a folder, or an address that the person typed. */

/** 256 entries of at most 65,535 bytes, each with its length (c2sp.org/tlog-tiles). */
const BUNDLE_BYTES_MAX = 256 * 65_537;
/** A tile of hashes has 8 KB, a checkpoint less, with the signatures of many witnesses too. */
const FILE_BYTES_MAX = 64 << 10;
const FETCH_TIMEOUT_MS = 30_000;

/** The largest file that a log may have at this path; who serves a larger one has something else in mind. */
function bytesMax(path: string): number {
  return path.startsWith('tile/entries/') ? BUNDLE_BYTES_MAX : FILE_BYTES_MAX;
}

function tooLarge(where: string): CommandError {
  return new CommandError(`${where} is larger than any such file of a log.`);
}

const STOPPED = 'stopped before the log was read to its end.';

function goOn(signal: AbortSignal): void {
  if (signal.aborted) throw new CommandError(STOPPED);
}

/** The command that stops it hears that, not the errors that the stop caused. */
export async function unlessStopped<Report>(signal: AbortSignal, checked: Promise<Report>): Promise<Report> {
  try {
    return await checked;
  } catch (error) {
    if (!signal.aborted || error instanceof CommandError) throw error;
    throw new CommandError(STOPPED, { cause: error });
  }
}

/** A folder with a log's files as they are served; narrower partial tiles are cut by the verifier from what is there. */
export function folderSource(dir: string, signal: AbortSignal): LogSource {
  return {
    async read(path) {
      goOn(signal);
      const file = join(dir, path);
      try {
        const kind = await stat(file);
        if (kind.isDirectory()) return undefined;
        // A pipe would be waited for, a device read, for ever.
        if (!kind.isFile()) throw new CommandError(`${file} is a device or a pipe, no file of a log.`);
        if (kind.size > bytesMax(path)) throw tooLarge(file);
        return await readFile(file);
      } catch (error) {
        if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
        throw error;
      }
    },
  };
}

/** A log at an address that the person typed. Redirects are refused, so that the token goes nowhere else. */
export function addressSource(address: string, token: string | undefined, signal: AbortSignal): LogSource {
  const base = address.replace(/\/+$/, '').replace(/\/checkpoint$/, '');
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  return {
    async read(path) {
      goOn(signal);
      const reply = await fetch(`${base}/${path}`, {
        headers,
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)]),
      }).catch((error: Error) => {
        goOn(signal);
        // `fetch` says only that it failed; what happened is the cause.
        const reason = error.cause instanceof Error ? error.cause.message || error.message : error.message;
        throw new CommandError(`${base} cannot be read: ${reason}`, { cause: error });
      });
      if (reply.status === 404) return undefined;
      if (reply.status === 401 || reply.status === 403) {
        throw new CommandError(
          `${base} refuses this token (${reply.status}): give --token of the log’s licensee or of an operator.`,
        );
      }
      if (!reply.ok) throw new CommandError(`${base}/${path} answered ${reply.status}.`);
      return readWithin(reply, bytesMax(path), `${base}/${path}`);
    },
  };
}

/** The body, decompressed, without ever holding much more than `most` bytes of it. */
async function readWithin(reply: Response, most: number, where: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of reply.body ?? []) {
    length += piece.length;
    if (length > most) throw tooLarge(where);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
