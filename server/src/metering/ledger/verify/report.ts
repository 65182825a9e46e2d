import type { Totals } from '../format/entry.ts';
import type { FraudProof } from './fraud.ts';
import type { OlderReport } from './older.ts';

/** One thing that is wrong: which file, where in it, and what to do about it. */
export type Fault = {
  /** Relative to the log, as `tile/entries/000`, or to the folder that was looked at. */
  file: string;
  /** The entry or record that it concerns. */
  index?: number;
  /** Byte in the file. */
  offset?: number;
  what: string;
  advice: string;
};

export type LogReport = {
  /** True only if nothing is wrong. */
  ok: boolean;
  origin: string | undefined;
  size: number;
  /** Base64 of the root recomputed from the entries; undefined if it could not be. */
  root: string | undefined;
  /** `unchecked` when no verifier key was given. */
  signature: 'good' | 'bad' | 'unchecked';
  /** Entries that were read and decoded. */
  checked: number;
  /** The running totals after the last entry, as recomputed. */
  totals: Totals;
  /** At most FAULTS_MAX of them; `faultCount` is how many there were. */
  faults: Fault[];
  faultCount: number;
  /** There when a signed entry contradicts the one before it. */
  fraudProof?: FraudProof;
  /** How the log compares with the older checkpoint, if one was given. */
  older?: OlderReport;
};

/** A rotten disk gives one fault a sector; nobody reads more than this. */
export const FAULTS_MAX = 100;

/** Collects faults up to the limit. */
export class Faults {
  readonly list: Fault[] = [];
  count = 0;

  add(fault: Fault): void {
    this.count += 1;
    if (this.list.length < FAULTS_MAX) this.list.push(fault);
  }
}

/** What a verifier can advise who knows only that a file is not what was signed. */
export const REFETCH =
  'Fetch it again. If it stays so, what is served is not what was signed: keep the file and the checkpoint as evidence';
/** A signed entry that breaks a rule is no accident of storage. */
export const EVIDENCE =
  'The operator signed this: keep the fraud proof, it convinces anyone who has the verifier key';
/** The log is not what it was, and no proof convinces others yet. */
export const KEEP_OLDER =
  'Keep the older checkpoint and every receipt: a receipt from now for an entry that an old receipt is for, or the log once it is as long again, completes the proof';
