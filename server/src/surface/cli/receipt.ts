import {
  CborError,
  compareReceipts,
  type Entry,
  FORK_FORMAT,
  type ForkProof,
  NoteError,
  type Proven,
  parseVerifierKey,
  verifyProof,
  verifyReceipt,
} from '#ledger/verify';
import { type LocalCommand, UsageError } from './command.ts';
import { readTextFile } from './older.ts';
import { writeProof } from './proof-file.ts';
import { plain, plainLines } from './table.ts';
import { requiredVerifierKey } from './verifier-key.ts';

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
    const receipt = await readTextFile(input.cwd, input.args[0] ?? '');
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

type Comparison = {
  /** True only if both hold and nothing in the two contradicts the other. */
  ok: boolean;
  origin: string;
  /** Ranges of entries that both receipts show. */
  sharedRanges: number;
  /** Why not; null if all holds. */
  reason: string | null;
  /** What convinces others of it; null if nothing does. */
  proofFile: string | null;
};

export const receiptCompare: LocalCommand = {
  place: 'here',
  name: 'receipt compare',
  summary: 'check offline that two receipts are of one history: no fork, no roll-back, totals that fit',
  args: '<a> <b>',
  options: [['--key <vkey>', 'the log’s verifier key, from where you trust it']],
  async run(input): Promise<Comparison> {
    const vkey = requiredVerifierKey(input);
    const [a, b] = [
      await readTextFile(input.cwd, input.args[0] ?? ''),
      await readTextFile(input.cwd, input.args[1] ?? ''),
    ];
    const origin = parseVerifierKey(vkey).name;
    for (const [i, receipt] of [a, b].entries()) {
      const reason = whyNot(receipt, vkey);
      if (reason === undefined) continue;
      return { ok: false, origin, sharedRanges: 0, reason: `${input.args[i]}: ${reason}`, proofFile: null };
    }
    const { shared, found } = compareReceipts(a, b, vkey);
    const result = { ok: found === undefined, origin, sharedRanges: shared };
    if (found === undefined) return { ...result, reason: null, proofFile: null };
    const { claim } = found;
    const proof: ForkProof = { format: FORK_FORMAT, origin, claim, kind: 'receipts', receipts: [a, b] };
    const name = origin.split('/').at(-1) ?? '';
    return { ...result, reason: claim, proofFile: writeProof(input.cwd, 'fork-proof', name, proof) };
  },
  show: ({ ok, origin, sharedRanges, reason, proofFile }: Comparison) =>
    [
      ok ? `both receipts of ${plain(origin)} hold` : `DOES NOT HOLD: ${plain(reason ?? '')}`,
      ...(ok && sharedRanges > 0 ? [`and show the same hashes for ${sharedRanges} ranges of entries`] : []),
      ...(ok && sharedRanges === 0
        ? ['they show no range in common: only parley ledger verify --older can compare their trees']
        : []),
      ...(proofFile ? [`fraud proof written to ${plain(proofFile)}; check it with parley fraud verify`] : []),
    ].join('\n'),
  failed: (result: Comparison) => !result.ok,
};

/** Why a receipt does not hold by itself; undefined if it does. */
function whyNot(receipt: string, vkey: string): string | undefined {
  try {
    verifyReceipt(receipt, vkey);
    return undefined;
  } catch (error) {
    if (error instanceof NoteError || error instanceof CborError) return error.message;
    throw error;
  }
}

type FraudResult = ({ ok: true } & Proven) | { ok: false; reason: string };

export const fraudVerify: LocalCommand = {
  place: 'here',
  name: 'fraud verify',
  summary: 'check offline that a fraud proof convicts: two things that one key signed contradict each other',
  args: '<file>',
  options: [['--key <vkey>', 'the log’s verifier key, from where you trust it']],
  async run(input): Promise<FraudResult> {
    const vkey = requiredVerifierKey(input);
    const text = await readTextFile(input.cwd, input.args[0] ?? '');
    let proof: unknown;
    try {
      proof = JSON.parse(text);
    } catch (cause) {
      throw new UsageError(`${input.args[0]} is no JSON: give the file that parley ledger verify wrote.`, {
        cause,
      });
    }
    try {
      return { ok: true, ...verifyProof(proof, vkey) };
    } catch (error) {
      if (error instanceof NoteError || error instanceof CborError)
        return { ok: false, reason: error.message };
      throw error;
    }
  },
  show: (result: FraudResult) =>
    result.ok
      ? `convicts ${plain(result.origin)} (${result.kind}), entry ${result.index}: ${plain(result.claim)}`
      : `proves nothing: ${plain(result.reason)}`,
  failed: (result: FraudResult) => !result.ok,
};

/** Bytes as base64, so that the entry can be printed. */
function readable(entry: Entry): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(entry).map(([key, value]) => [
      key,
      value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
    ]),
  );
}
