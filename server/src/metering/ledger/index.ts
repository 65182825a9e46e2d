/** The ledger's door: what other modules may use. Verification alone is `#ledger/verify`. */

export { type DayClosed, readDayClosed } from './day-closed.ts';
export { realFiles } from './file.ts';
export { commitmentsOf, eraseFromOpening } from './format/commitment.ts';
export type { GuardMark, LedgerGuard } from './guard.ts';
export type { FolderReport, InspectOptions } from './inspect.ts';
export { verifyFolder } from './inspect.ts';
export { isLogName } from './keys.ts';
export type { LedgerOptions } from './ledger.ts';
export { openLedger } from './ledger.ts';
export type { OpenedFile } from './opened-file.ts';
export type * from './port.ts';
export { createReader } from './reader.ts';
export type { LedgerRoutes } from './routes.ts';
export { ledgerRoutes } from './routes.ts';
export { LedgerDamage } from './segment.ts';
