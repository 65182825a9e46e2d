import { operation } from '../../operation.ts';
import { dataAnswer, WEBHOOK_ID } from '../../webhook/webhook-page.ts';

export const deleteWebhooksStreamLink = operation({
  id: 'deleteWebhooksStreamLink',
  path: '/2/tweets/search/webhooks/{webhook_id}',
  method: 'DELETE',
  tag: 'Webhooks',
  summary: 'Ends the link between the app’s rules and a webhook',
  about: 'What waits for it is not delivered any more. `deleted` is false when there was no link.',
  auth: ['app'],
  writes: true,
  parameters: WEBHOOK_ID,
  answer: 'WebhookDeleted',
  prepare: () => undefined,
  read({ admission, subject }, { webhooks }) {
    return dataAnswer({ deleted: webhooks.unlink(admission.caller.appId, subject) });
  },
});
