/** The ledger's door: what other rooms may use. Verification alone is `#ledger/verify`. */
export type { LedgerOptions } from './ledger.ts';
export { openLedger } from './ledger.ts';
export type * from './port.ts';
export { LedgerDamage } from './segment.ts';
