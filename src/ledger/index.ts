/** The ledger's door: what other rooms may use. Verification alone is `#ledger/verify`. */
export { realFiles } from './file.ts';
export { commitmentsOf } from './format/commitment.ts';
export type { LedgerOptions } from './ledger.ts';
export { openLedger } from './ledger.ts';
export type * from './port.ts';
export { createReader } from './reader.ts';
export { LedgerDamage } from './segment.ts';
