export { openAccess } from './operator.ts';
export type * from './port.ts';
