import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Entry, verifyFraudProof, verifyReceipt } from '#ledger/verify';
import { CommandError, type Input, type LocalCommand } from './command.ts';
import { plain, plainLines } from './table.ts';
import { requiredVerifierKey } from './verifier-key.ts';

const FILE_BYTES_MAX = 1 << 20;

type Result =
  | { ok: true; origin: string; size: number; index: number; entry: Record<string, unknown> }
  | { ok: false; reason: string };

export const receiptVerify: LocalCommand = {
  place: 'here',
  name: 'receipt verify',
  summary: 'check offline that a call is in a log that the key’s holder signed',
  args: '<file>',
  options: [['--key <vkey>', 'the log’s verifier key, from where you trust it']],
  async run(input): Promise<Result> {
    const vkey = requiredVerifierKey(input);
    const receipt = await readText(input);
    try {
      const { entry, ...place } = verifyReceipt(receipt, vkey);
      return { ok: true, ...place, entry: readable(entry) };
    } catch (error) {
      return { ok: false, reason: (error as Error).message };
    }
  },
  show: (result: Result) =>
    result.ok
      ? `holds: entry ${result.index} of ${plain(result.origin)}, signed at ${result.size} entries\n${plainLines(JSON.stringify(result.entry, null, 2))}`
      : `DOES NOT HOLD: ${plain(result.reason)}`,
  failed: (result: Result) => !result.ok,
};

type FraudResult = { ok: true; origin: string; index: number; claim: string } | { ok: false; reason: string };

export const fraudVerify: LocalCommand = {
  place: 'here',
  name: 'fraud verify',
  summary: 'check offline that a fraud proof convicts: a signed entry contradicts the one before it',
  args: '<file>',
  options: [['--key <vkey>', 'the log’s verifier key, from where you trust it']],
  async run(input): Promise<FraudResult> {
    const vkey = requiredVerifierKey(input);
    const text = await readText(input);
    try {
      return { ok: true, ...verifyFraudProof(JSON.parse(text), vkey) };
    } catch (error) {
      return { ok: false, reason: (error as Error).message };
    }
  },
  show: (result: FraudResult) =>
    result.ok
      ? `convicts ${plain(result.origin)}, entry ${result.index}: ${plain(result.claim)}`
      : `proves nothing: ${plain(result.reason)}`,
  failed: (result: FraudResult) => !result.ok,
};

async function readText(input: Input): Promise<string> {
  const file = resolve(input.cwd, input.args[0] ?? '');
  try {
    const kind = await stat(file);
    if (kind.isFile() && kind.size <= FILE_BYTES_MAX) return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CommandError(`cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
  throw new CommandError(`${file} is no file, or larger than any receipt.`);
}

/** Bytes as base64, so that the entry can be printed. */
function readable(entry: Entry): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(entry).map(([key, value]) => [
      key,
      value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
    ]),
  );
}
