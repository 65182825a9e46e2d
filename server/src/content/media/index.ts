export * from './media.ts';
export * from './port.ts';
export { mediaRoutes } from './routes.ts';
export type { NetworkView } from './sweep.ts';
