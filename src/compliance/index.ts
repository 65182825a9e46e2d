export { type ComplianceOptions, DOWNLOAD_MS, openCompliance, UPLOAD_MS } from './jobs.ts';
export * from './port.ts';
export { type ComplianceRoutes, complianceRoutes } from './routes.ts';
export { UPLOAD_BYTES_MAX } from './upload.ts';
