import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { FolderReport, verifyFolder as verify } from '#ledger';
import {
  type Fault,
  type LogReport,
  NoteError,
  type OlderReport,
  readCheckpoint,
  verifyLog,
} from '#ledger/verify';
import { CommandError, type LocalCommand, text, UsageError, wholeNumber } from './command.ts';
import { settingsOf } from './data-folder.ts';
import { addressSource, folderSource, unlessStopped } from './log-source.ts';
import { readOlder } from './older.ts';
import { writeProof } from './proof-file.ts';
import { counted, dollars, plain, table } from './table.ts';
import { verifierKey } from './verifier-key.ts';

type Result = {
  ok: boolean;
  /** The folder or address that was read. */
  source: string;
  logs: (Omit<LogReport, 'fraudProof' | 'older'> & {
    log: string;
    fraudProofFile: string | null;
    /** How it compares with `--older`; null if that is not given, or of another log. */
    older: (Omit<OlderReport, 'proof'> & { proofFile: string | null }) | null;
  })[];
  /** Records of the journal that were read; null where only logs were at hand. */
  journalRecords: number | null;
  faults: Fault[];
  faultCount: number;
  notes: string[];
};

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
    [
      '--older <file-or-url>',
      'a checkpoint or receipt of the log that was kept from earlier, or the address of another copy of the log',
    ],
    ['--entries-max <number>', 'the longest log that is read, in entries (default 1000000000)'],
  ],
  async run(input, { progress, signal, env = process.env }): Promise<Result> {
    const where = input.args[0] ?? (await settingsOf(input, { env })).config.data;
    const vkey = verifierKey(input);
    const token = text(input, 'token') ?? (env.PARLEY_TOKEN || undefined);
    const entriesMax = wholeNumber(input, 'entriesMax', 1, 999_999_999_999_999);
    const isAddress = /^https?:\/\//.test(where);
    if (isAddress && vkey === undefined)
      throw new UsageError('--key is missing: whoever serves a log cannot vouch for its key.');
    const older = await readOlder(input, vkey, isAddress ? where : undefined, token, signal);
    const onProgress = (done: number, total: number) =>
      progress({ done, total, text: `${done} of ${total} entries` });
    const bounds = { onProgress, signal, older, ...(entriesMax !== undefined && { entriesMax }) };
    const dir = isAddress ? where : resolve(input.cwd, where);
    if (isAddress || existsSync(join(dir, 'checkpoint'))) {
      if (older !== undefined && vkey === undefined)
        throw new UsageError(
          '--key is missing: --older needs the key that signed it, from where you trust it.',
        );
      const source = isAddress ? addressSource(where, token, signal) : folderSource(dir, signal);
      const log = dir.split('/').filter(Boolean).at(-1) ?? '';
      const report = await unlessStopped(signal, verifyLog(source, { vkey, ...bounds }));
      return finish(dir, input.cwd, [{ log, ...report }]);
    }
    const report = await verifyDataFolder(dir, bounds, vkey);
    return finish(dir, input.cwd, report.logs, report);
  },
  show: (result: Result) =>
    [
      table(
        ['log', 'entries', 'calls', 'posts', 'billed', 'cost', 'signature', 'verdict'],
        result.logs.map((log) => [
          plain(log.log),
          log.size,
          log.totals.calls,
          log.totals.posts,
          log.totals.billed,
          dollars(log.totals.micros),
          log.signature,
          log.ok ? 'holds' : counted(log.faultCount, 'fault'),
        ]),
      ),
      ...(result.journalRecords === null
        ? []
        : [`journal: ${counted(result.journalRecords, 'record')} read`]),
      ...[...result.logs.flatMap((log) => log.faults), ...result.faults].map(faultLine),
      ...result.logs.flatMap((log) =>
        [log.fraudProofFile, log.older?.proofFile].flatMap((file) =>
          file ? [`fraud proof written to ${plain(file)}; check it with parley fraud verify`] : [],
        ),
      ),
      ...result.logs.flatMap(({ older }) =>
        older?.verdict === 'prefix' ? [`the older checkpoint’s ${older.size} entries are its beginning`] : [],
      ),
      ...result.notes.map((note) => `note: ${plain(note)}`),
      result.ok ? 'All of it holds.' : 'NOT all of it holds.',
    ].join('\n'),
  failed: (result: Result) => !result.ok,
};

/** Where the folder holds no log of the older checkpoint, the whole log is gone. */
async function verifyDataFolder(
  dir: string,
  bounds: Parameters<typeof verify>[1] & { signal: AbortSignal },
  vkey: string | undefined,
): Promise<FolderReport> {
  const ledger = existsSync(join(dir, 'ledger')) ? join(dir, 'ledger') : dir;
  if (!existsSync(join(ledger, 'journal'))) {
    throw new CommandError(
      `${dir} holds no ledger: give a data folder, a log’s folder (with its checkpoint), or a log’s address.`,
    );
  }
  const { verifyFolder } = await import('#ledger');
  const checked = verifyFolder(ledger, bounds).catch((cause: Error) => {
    // Only the checkpoint that was handed in is refused by an exception; what the folder holds is reported.
    if (!(cause instanceof NoteError)) throw cause;
    throw new UsageError(`--older: ${cause.message}.`, { cause });
  });
  const report = await unlessStopped(bounds.signal, checked);
  const origin = bounds.older === undefined ? undefined : readCheckpoint(bounds.older).origin;
  const log = report.logs.find((one) => one.vkey.split('+')[0] === origin);
  if (origin === undefined || (log !== undefined && (vkey === undefined || vkey === log.vkey))) return report;
  if (vkey === undefined) {
    throw new UsageError(
      `--older is a checkpoint of ${origin}, and ${dir} holds no such log. If it should, give --key.`,
    );
  }
  const what =
    log === undefined
      ? `A checkpoint of ${origin} is signed, and the folder holds no such log`
      : `The folder has another key for ${origin} than the one that you trust`;
  const advice = 'Keep the checkpoint: it shows that the key’s holder signed this log';
  const faults = [...report.faults, { file: 'ledger', what, advice }];
  return { ...report, ok: false, faults, faultCount: report.faultCount + 1 };
}

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
    logs: logs.map(({ fraudProof, older, ...log }) => ({
      ...log,
      fraudProofFile: fraudProof ? writeProof(cwd, 'fraud-proof', log.log, fraudProof) : null,
      older: older ? presentOlder(cwd, log.log, older) : null,
    })),
    journalRecords: folder?.records ?? null,
    faults: folder?.faults ?? [],
    faultCount: folder?.faultCount ?? 0,
    notes: folder?.notes ?? [],
  };
}

function presentOlder(cwd: string, log: string, { proof, ...older }: OlderReport) {
  return { ...older, proofFile: proof ? writeProof(cwd, 'fork-proof', log, proof) : null };
}
