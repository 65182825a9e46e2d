export { signatureOf } from './challenge.ts';
export type { WebhooksOptions } from './options.ts';
export * from './port.ts';
export { openWebhooks } from './webhooks.ts';
