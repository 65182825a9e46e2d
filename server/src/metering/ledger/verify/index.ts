/**
 * The verifier: recomputes a log, a receipt or a fraud proof and trusts nobody. This folder and `../format/`
 * import nothing but `node:crypto`, so the two can be lifted out and run anywhere.
 */

export { CborError } from '../format/cbor.ts';
export { openCheckpoint, readCheckpoint } from '../format/checkpoint.ts';
export { commitmentsOf } from '../format/commitment.ts';
export type { CallEntry, ControlEntry, Entry, Totals } from '../format/entry.ts';
export { decodeEntry } from '../format/entry.ts';
export { NoteError, parseVerifierKey } from '../format/note.ts';
export type { Opening } from '../format/opening.ts';
export type { ReceiptComparison } from './compare.ts';
export { compareReceipts } from './compare.ts';
export type { ForkProof, Proven } from './fork.ts';
export { FORK_FORMAT, verifyProof } from './fork.ts';
export type { FraudProof, ProvenEntry } from './fraud.ts';
export { verifyFraudProof } from './fraud.ts';
export type { VerifyOptions } from './log.ts';
export { verifyLog } from './log.ts';
export type { OlderReport } from './older.ts';
export { checkpointIn } from './older.ts';
export type { VerifiedReceipt } from './receipt.ts';
export { verifyReceipt } from './receipt.ts';
export type { Fault, LogReport } from './report.ts';
export type { LogSource } from './source.ts';
