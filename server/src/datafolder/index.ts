export * from './claim.ts';
export * from './folder.ts';
export * from './guard.ts';
export * from './guard-path.ts';
export * from './guard-setting.ts';
export * from './master-key.ts';
export * from './writer.ts';
