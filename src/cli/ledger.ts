import { existsSync, writeFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type FolderReport, verifyFolder } from '#ledger';
import { type Fault, type FraudProof, type LogReport, type LogSource, verifyLog } from '#ledger/verify';
import { CommandError, type LocalCommand, text, UsageError, wholeNumber } from './command.ts';
import { settingsOf } from './data-folder.ts';
import { plain, table } from './table.ts';
import { verifierKey } from './verifier-key.ts';

type Result = {
  ok: boolean;
  /** The folder or address that was read. */
  source: string;
  logs: (Omit<LogReport, 'fraudProof'> & { log: string; fraudProofFile: string | null })[];
  /** Records of the journal that were read; null where only logs were at hand. */
  journalRecords: number | null;
  faults: Fault[];
  faultCount: number;
  notes: string[];
};

/** 256 entries of at most 65,535 bytes, each with its length (c2sp.org/tlog-tiles). */
const BUNDLE_BYTES_MAX = 256 * 65_537;
/** A tile of hashes has 8 KB, a checkpoint less, with the signatures of many witnesses too. */
const FILE_BYTES_MAX = 64 << 10;
const FETCH_TIMEOUT_MS = 30_000;

export const ledgerVerify: LocalCommand = {
  place: 'here',
  name: 'ledger verify',
  summary:
    'recompute every hash, signature and running total of a folder’s logs, or of one log at an address',
  args: '[dir-or-url]',
  options: [
    [
      '--token <token>',
      'the licensee’s or operator’s bearer token, for an address (or PARLEY_TOKEN, which no list of processes shows)',
    ],
    ['--key <vkey>', 'the log’s verifier key, from where you trust it; needed for an address'],
    ['--entries-max <number>', 'the longest log that is read, in entries (default 1000000000)'],
  ],
  async run(input, { progress, signal }): Promise<Result> {
    const where = input.args[0] ?? (await settingsOf(input)).config.data;
    const vkey = verifierKey(input);
    const entriesMax = wholeNumber(input, 'entriesMax', 1, 999_999_999_999_999);
    const onProgress = (done: number, total: number) =>
      progress({ done, total, text: `${done} of ${total} entries` });
    const bounds = { onProgress, signal, ...(entriesMax !== undefined && { entriesMax }) };
    if (/^https?:\/\//.test(where)) {
      if (vkey === undefined)
        throw new UsageError('--key is missing: whoever serves a log cannot vouch for its key.');
      const source = addressSource(
        where,
        text(input, 'token') ?? (process.env.PARLEY_TOKEN || undefined),
        signal,
      );
      return finish(where, input.cwd, [
        {
          log: where.split('/').filter(Boolean).at(-1) ?? '',
          ...(await unlessStopped(signal, verifyLog(source, { vkey, ...bounds }))),
        },
      ]);
    }
    const dir = resolve(input.cwd, where);
    if (existsSync(join(dir, 'checkpoint'))) {
      return finish(dir, input.cwd, [
        {
          log: dir.split('/').at(-1) ?? '',
          ...(await unlessStopped(signal, verifyLog(folderSource(dir, signal), { vkey, ...bounds }))),
        },
      ]);
    }
    const ledger = existsSync(join(dir, 'ledger')) ? join(dir, 'ledger') : dir;
    if (!existsSync(join(ledger, 'journal'))) {
      throw new CommandError(
        `${dir} holds no ledger: give a data folder, a log’s folder (with its checkpoint), or a log’s address.`,
      );
    }
    const report = await unlessStopped(signal, verifyFolder(ledger, bounds));
    return finish(dir, input.cwd, report.logs, report);
  },
  show: (result: Result) =>
    [
      table(
        ['log', 'entries', 'calls', 'posts', 'billed', 'micro-dollars', 'signature', 'verdict'],
        result.logs.map((log) => [
          plain(log.log),
          log.size,
          log.totals.calls,
          log.totals.posts,
          log.totals.billed,
          log.totals.micros,
          log.signature,
          log.ok ? 'holds' : `${log.faultCount} faults`,
        ]),
      ),
      ...(result.journalRecords === null ? [] : [`journal: ${result.journalRecords} records read`]),
      ...[...result.logs.flatMap((log) => log.faults), ...result.faults].map(faultLine),
      ...result.logs.flatMap((log) =>
        log.fraudProofFile ? [`fraud proof written to ${plain(log.fraudProofFile)}`] : [],
      ),
      ...result.notes.map((note) => `note: ${plain(note)}`),
      result.ok ? 'All of it holds.' : 'NOT all of it holds.',
    ].join('\n'),
  failed: (result: Result) => !result.ok,
};

function faultLine({ file, index, offset, what, advice }: Fault): string {
  const place = [
    index === undefined ? '' : ` entry ${index}`,
    offset === undefined ? '' : ` byte ${offset}`,
  ].join('');
  return `${plain(file)}${place}: ${plain(what)}. ${plain(advice)}.`;
}

function finish(
  source: string,
  cwd: string,
  logs: (LogReport & { log: string })[],
  folder?: FolderReport,
): Result {
  return {
    ok: folder ? folder.ok : logs.every((log) => log.ok),
    source,
    logs: logs.map(({ fraudProof, ...log }) => ({
      ...log,
      fraudProofFile: fraudProof ? writeProof(cwd, log.log, fraudProof) : null,
    })),
    journalRecords: folder?.records ?? null,
    faults: folder?.faults ?? [],
    faultCount: folder?.faultCount ?? 0,
    notes: folder?.notes ?? [],
  };
}

/** The evidence goes where the person stands, never into the folder that is under suspicion. */
function writeProof(cwd: string, log: string, proof: FraudProof): string {
  const file = join(cwd, `fraud-proof-${log.replace(/[^a-z0-9-]/gi, '_').slice(0, 64)}.json`);
  writeFileSync(file, `${JSON.stringify(proof, null, 2)}\n`);
  return file;
}

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

/** Whoever stops it is told so, not what was cut off by it. */
async function unlessStopped<Report>(signal: AbortSignal, checked: Promise<Report>): Promise<Report> {
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
