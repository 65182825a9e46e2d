export * from './folder.ts';
export * from './master-key.ts';
