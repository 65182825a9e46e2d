export { type ComplianceOptions, DOWNLOAD_MS, openCompliance } from './jobs.ts';
export * from './port.ts';
export { type ComplianceRoutes, complianceRoutes } from './routes.ts';
export { UPLOAD_BYTES_MAX } from './upload.ts';
export { UPLOAD_MS } from './uploads.ts';
