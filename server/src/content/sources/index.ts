export * from './import/import-files.ts';
export type { FileResult, ImportCounts } from './import/tally.ts';
export * from './push/push-line.ts';
export * from './push/routes.ts';
export * from './sample/sample.ts';
