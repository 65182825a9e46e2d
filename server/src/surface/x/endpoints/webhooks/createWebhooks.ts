import { Problem } from '#kernel';
import { operation } from '../../operation.ts';
import { wordSet } from '../../vocabulary.ts';
import { dataAnswer, WEBHOOK_FIELDS, webhookWriter } from '../../webhook/webhook-page.ts';

const ALL = wordSet(WEBHOOK_FIELDS.words);

function urlOf(body: unknown): string {
  const url = (body as { url?: unknown } | null | undefined)?.url;
  if (typeof url !== 'string')
    throw new Problem('body-invalid', { detail: 'The body is {"url": "https://…"}.' });
  return url;
}

export const createWebhooks = operation({
  id: 'createWebhooks',
  path: '/2/webhooks',
  method: 'POST',
  tag: 'Webhooks',
  summary: 'Registers an address of the app',
  about:
    'It is challenged at once: `GET <url>?crc_token=…` answers within 10 s with 200 and `{"response_token":"sha256=<base64 of HMAC-SHA256 of the token with the consumer secret>"}`. At most five an app; https at a public address; redirects are not followed.',
  auth: ['app'],
  writes: true,
  body: 'WebhookRequest',
  parameters: {},
  answer: 'WebhookAnswer',
  prepare: () => undefined,
  check: ({ body }) => void urlOf(body),
  async read({ admission, body }, { webhooks }) {
    const webhook = await webhooks.create(admission.caller.appId, urlOf(body));
    return dataAnswer(webhookWriter(ALL, 'classic')(webhook));
  },
});
