export * from './import/import-files.ts';
export * from './push/push-line.ts';
export * from './push/routes.ts';
export * from './sample/sample.ts';
