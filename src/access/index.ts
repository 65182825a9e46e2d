export { openAccess } from './operator.ts';
export * from './person-port.ts';
export type * from './port.ts';
