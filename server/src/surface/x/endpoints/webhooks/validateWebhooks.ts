import { operation } from '../../operation.ts';
import { dataAnswer, WEBHOOK_ID } from '../../webhook/webhook-page.ts';

export const validateWebhooks = operation({
  id: 'validateWebhooks',
  path: '/2/webhooks/{webhook_id}',
  method: 'PUT',
  tag: 'Webhooks',
  summary: 'Challenges a webhook now',
  about: '`valid` says whether it answered. What waited for it is delivered at once.',
  auth: ['app'],
  writes: true,
  parameters: WEBHOOK_ID,
  answer: 'WebhookValid',
  prepare: () => undefined,
  async read({ admission, subject }, { webhooks }) {
    return dataAnswer({ valid: await webhooks.validate(admission.caller.appId, subject) });
  },
});
