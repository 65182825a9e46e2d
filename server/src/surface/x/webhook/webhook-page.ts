import type { Webhook, Webhooks } from '#webhooks';
import type { ReadResult } from '../operation.ts';
import { invalid, invalidRequest } from '../params/invalid.ts';
import { type Parameters, pathId } from '../params/parameter.ts';
import { isoTime, type Makers, writers } from '../present/field.ts';
import { vocabulary } from '../vocabulary.ts';

export const WEBHOOK_FIELDS = vocabulary(['created_at', 'id', 'url', 'valid']);

export const WEBHOOK_ID = {
  webhookId: pathId('webhook_id', 'Id of the webhook.'),
} as const satisfies Parameters;

const makers: Makers<Webhook> = {
  created_at: (webhook) => isoTime(webhook.createdAt),
  id: (webhook) => webhook.id,
  url: (webhook) => webhook.url,
  valid: (webhook) => webhook.valid,
};

/** The writer of webhooks for a field set. */
export const webhookWriter = writers(WEBHOOK_FIELDS, makers, ['id', 'url']);

export function dataAnswer(data: object): ReadResult {
  const text = JSON.stringify({ data });
  return { groups: [], present: () => text };
}

export function hasWebhook(webhooks: Webhooks, appId: string, webhookId: string): boolean {
  return webhooks.list(appId).some(({ id }) => id === webhookId);
}

/** A look-up of what is not this app's is answered, as X does it, with its error alone. */
export function missingWebhook(webhookId: string): ReadResult {
  const error = {
    value: webhookId,
    detail: `Could not find webhook with webhook_id: [${webhookId}].`,
    title: 'Not Found Error',
    resource_type: 'webhook',
    parameter: 'webhook_id',
    resource_id: webhookId,
    type: 'https://api.twitter.com/2/problems/resource-not-found',
  };
  const text = JSON.stringify({ errors: [error] });
  return { groups: [], present: () => text };
}

const MINUTE = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})$/;

/** X's `yyyymmddhhmm`, in UTC. @returns Unix ms of that minute. @throws `invalid-request` for what is no such minute. */
export function readMinute(name: string, value: unknown): number {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  const [, year = '', month = '', day = '', hour = '', minute = ''] = MINUTE.exec(text) ?? [];
  const iso = `${year}-${month}-${day}T${hour}:${minute}:00.000Z`;
  const ms = Date.parse(iso);
  // JavaScript rolls 30 February over into March; such a day does not exist.
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== iso) {
    const message = `The \`${name}\` value [${text.slice(0, 64)}] is not a time of the form yyyymmddhhmm`;
    throw invalidRequest([invalid(name, [text.slice(0, 64)], message)]);
  }
  return ms;
}
