export * from './import/import-files.ts';
