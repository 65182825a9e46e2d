export type { LogSettings } from './log-settings.ts';
export { createLogger, type Logger } from './logger.ts';
export { createMetrics } from './metrics.ts';
export { bearerOf, createServer, reachedBy, type Unreadable } from './server.ts';
export { readTls, TLS_VERSION_MIN } from './tls.ts';
export type { Tracing } from './tracing.ts';
