import { operation } from '../../operation.ts';
import { dataAnswer, WEBHOOK_ID } from '../../webhook/webhook-page.ts';

export const deleteWebhooks = operation({
  id: 'deleteWebhooks',
  path: '/2/webhooks/{webhook_id}',
  method: 'DELETE',
  tag: 'Webhooks',
  summary: 'Deletes a webhook',
  about: 'With its subscriptions and all that waits for it.',
  auth: ['app'],
  writes: true,
  parameters: WEBHOOK_ID,
  answer: 'WebhookDeleted',
  prepare: () => undefined,
  read({ admission, subject }, { webhooks }) {
    webhooks.remove(admission.caller.appId, subject);
    return dataAnswer({ deleted: true });
  },
});
