export { audit } from './audit.ts';
export type * from './port.ts';
export { createRecount } from './recount.ts';
export { auditCsv, auditSummary, csvCell, usageCsv } from './render.ts';
