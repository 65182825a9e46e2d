import { existsSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type FolderReport, verifyFolder } from '#ledger';
import { type Fault, type FraudProof, type LogReport, type LogSource, verifyLog } from '#ledger/verify';
import { readConfig } from '../config.ts';
import { CommandError, type LocalCommand, text, UsageError } from './command.ts';
import { plain, table } from './table.ts';

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

const TILE_BYTES_MAX = 256 * 65_537;
const FETCH_TIMEOUT_MS = 30_000;

export const ledgerVerify: LocalCommand = {
  place: 'here',
  name: 'ledger verify',
  summary:
    'recompute every hash, signature and running total of a folder’s logs, or of one log at an address',
  args: '[dir-or-url]',
  options: [
    ['--token <token>', 'the licensee’s or operator’s bearer token, for an address'],
    ['--key <vkey>', 'the log’s verifier key, from where you trust it; needed for an address'],
  ],
  async run(input, { progress }): Promise<Result> {
    const where = input.args[0] ?? readConfig({ data: text(input, 'data') }, process.env).data;
    const vkey = text(input, 'key');
    const onProgress = (done: number, total: number) =>
      progress({ done, total, text: `${done} of ${total} entries` });
    if (/^https?:\/\//.test(where)) {
      if (vkey === undefined)
        throw new UsageError('--key is missing: whoever serves a log cannot vouch for its key.');
      const source = addressSource(where, text(input, 'token'));
      return finish(where, input.cwd, [
        {
          log: where.split('/').filter(Boolean).at(-1) ?? '',
          ...(await verifyLog(source, { vkey, onProgress })),
        },
      ]);
    }
    const dir = resolve(input.cwd, where);
    if (existsSync(join(dir, 'checkpoint'))) {
      return finish(dir, input.cwd, [
        { log: dir.split('/').at(-1) ?? '', ...(await verifyLog(folderSource(dir), { vkey, onProgress })) },
      ]);
    }
    const ledger = existsSync(join(dir, 'ledger')) ? join(dir, 'ledger') : dir;
    if (!existsSync(join(ledger, 'journal'))) {
      throw new CommandError(
        `${dir} holds no ledger: give a data folder, a log’s folder (with its checkpoint), or a log’s address.`,
      );
    }
    const report = await verifyFolder(ledger, { onProgress });
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

/** A folder with a log's files as they are served; narrower partial tiles are cut by the verifier from what is there. */
export function folderSource(dir: string): LogSource {
  return {
    async read(path) {
      try {
        return await readFile(join(dir, path));
      } catch (error) {
        if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
          return undefined;
        throw error;
      }
    },
  };
}

/** A log at an address that the person typed. Redirects are refused, so that the token goes nowhere else. */
function addressSource(address: string, token: string | undefined): LogSource {
  const base = address.replace(/\/+$/, '').replace(/\/checkpoint$/, '');
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  return {
    async read(path) {
      const reply = await fetch(`${base}/${path}`, {
        headers,
        redirect: 'error',
        signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
      });
      if (reply.status === 404) return undefined;
      if (reply.status === 401 || reply.status === 403) {
        throw new CommandError(
          `${base} refuses this token (${reply.status}): give --token of the log’s licensee or of an operator.`,
        );
      }
      if (!reply.ok) throw new CommandError(`${base}/${path} answered ${reply.status}.`);
      const bytes = new Uint8Array(await reply.arrayBuffer());
      if (bytes.length > TILE_BYTES_MAX)
        throw new CommandError(`${base}/${path} is larger than any file of a log.`);
      return bytes;
    },
  };
}
