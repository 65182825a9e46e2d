import { body } from '../../answer/body.ts';
import { operation } from '../../operation.ts';
import { wordSet } from '../../vocabulary.ts';
import { WEBHOOK_FIELDS, webhookWriter } from '../../webhook/webhook-page.ts';

export const getWebhooks = operation({
  id: 'getWebhooks',
  path: '/2/webhooks',
  tag: 'Webhooks',
  summary: 'The app’s webhooks',
  about: 'Oldest first. One that is not valid gets nothing until it passes a challenge again.',
  auth: ['app'],
  parameters: {
    fields: {
      name: 'webhook_config.fields',
      kind: 'words',
      of: WEBHOOK_FIELDS,
      about: 'Fields beside id and url; all unless said.',
    },
  },
  answer: 'WebhooksAnswer',
  prepare: ({ fields }) => fields?.set ?? wordSet(WEBHOOK_FIELDS.words),
  read({ query: fields, admission }, { webhooks }) {
    const write = webhookWriter(fields, 'classic');
    const texts = webhooks.list(admission.caller.appId).map((webhook) => JSON.stringify(write(webhook)));
    const answer = body({ data: texts, meta: { result_count: texts.length } });
    return { groups: [], present: () => answer };
  },
});
