export { signatureOf } from './challenge.ts';
export * from './port.ts';
export { openWebhooks, type WebhooksOptions } from './webhooks.ts';
