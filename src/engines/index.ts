export * from './claim.ts';
export * from './folder.ts';
export * from './master-key.ts';
export * from './writer.ts';
