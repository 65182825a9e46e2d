import { operation } from '../../operation.ts';
import { dataAnswer, hasWebhook, missingWebhook, WEBHOOK_ID } from '../../webhook/webhook-page.ts';

export const getAccountActivitySubscriptions = operation({
  id: 'getAccountActivitySubscriptions',
  path: '/2/account_activity/webhooks/{webhook_id}/subscriptions/all/list',
  tag: 'Webhooks',
  summary: 'Who is subscribed to a webhook',
  about: 'All of them; `subscriptions` is absent when there are none.',
  auth: ['app'],
  parameters: WEBHOOK_ID,
  answer: 'SubscriptionsAnswer',
  prepare: () => undefined,
  read({ admission, subject }, { webhooks }) {
    const { appId } = admission.caller;
    if (!hasWebhook(webhooks, appId, subject)) return missingWebhook(subject);
    const { webhook, personIds } = webhooks.subscribers(appId, subject);
    return dataAnswer({
      application_id: webhook.appId,
      webhook_id: webhook.id,
      webhook_url: webhook.url,
      subscriptions: personIds.length === 0 ? undefined : personIds.map((id) => ({ user_id: id })),
    });
  },
});
