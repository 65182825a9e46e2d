import type { ControlEvent } from '#ledger';
import type { Version } from './agreement.ts';
import type { StoredKey } from './key.ts';
import type { App, Dialect, Licensee, Plan } from './port.ts';

/** A control entry that has to get into the licensee's log, kept until it is there. */
export type PendingControl = {
  /** The order in which they were decided. */
  seq: number;
  licenseeId: string;
  log: string;
  time: number;
  event: ControlEvent;
  agreement: Uint8Array;
  body: Uint8Array;
};

export type NewControl = Omit<PendingControl, 'seq' | 'licenseeId'>;

/** What one act changes. Everything in it belongs to one licensee. */
export type TermsChange = {
  licensee?: Licensee;
  app?: App;
  /** An app whose setting changed. */
  updateApp?: App;
  version?: Version;
  /** New keys. */
  addKeys?: StoredKey[];
  /** Keys whose end, revocation or bearer changed. */
  updateKeys?: StoredKey[];
  controls?: NewControl[];
};

export type StoredTerms = {
  licensees: Licensee[];
  apps: (App & { lastDialect?: Dialect })[];
  /** Of all apps' agreements, an app's oldest first. */
  versions: Version[];
  keys: StoredKey[];
  plans: Plan[];
  controls: PendingControl[];
};

/**
 * Where terms are kept: all of it, or nothing, of a change is on disk when `change` resolves. Rows are never
 * deleted; agreements never change. The hot path does not come here.
 */
export type TermsStore = {
  /** Everything, once, at a start. */
  everything(): Promise<StoredTerms>;
  /**
   * Makes a licensee's change, and keeps its control entries until `controlsWritten`.
   * Throws Problem `not-found`, and changes nothing, when a row of it is another licensee's; `conflict` when a
   * name or id is taken.
   */
  change(licenseeId: string, change: TermsChange): Promise<PendingControl[]>;
  /** What an app was last answered in. Changes nothing when the app is another licensee's. */
  noteDialect(licenseeId: string, appId: string, dialect: Dialect): Promise<void>;
  controlsWritten(licenseeId: string, seqs: readonly number[]): Promise<void>;
  /** Throws Problem `conflict` when the name is taken. Plans are the operator's and belong to no licensee. */
  addPlan(plan: Plan): Promise<void>;
  close(): Promise<void>;
};
