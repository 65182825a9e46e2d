import { operation } from '../../operation.ts';
import { dataAnswer, hasWebhook, missingWebhook, WEBHOOK_ID } from '../../webhook/webhook-page.ts';

export const validateAccountActivitySubscription = operation({
  id: 'validateAccountActivitySubscription',
  path: '/2/account_activity/webhooks/{webhook_id}/subscriptions/all',
  tag: 'Webhooks',
  summary: 'Is the person subscribed to a webhook of the app?',
  about: 'The person whose token it is.',
  auth: ['person'],
  scopes: ['dm.read', 'dm.write', 'tweet.read', 'users.read'],
  parameters: WEBHOOK_ID,
  answer: 'SubscribedAnswer',
  prepare: () => undefined,
  read({ admission, subject, viewer }, { webhooks }) {
    const { appId } = admission.caller;
    if (!hasWebhook(webhooks, appId, subject)) return missingWebhook(subject);
    return dataAnswer({ subscribed: webhooks.isSubscribed(appId, subject, viewer!) });
  },
});
