import { operation } from '../../operation.ts';
import { dataAnswer, WEBHOOK_ID } from '../../webhook/webhook-page.ts';

export const createAccountActivitySubscription = operation({
  id: 'createAccountActivitySubscription',
  path: '/2/account_activity/webhooks/{webhook_id}/subscriptions/all',
  method: 'POST',
  tag: 'Webhooks',
  summary: 'Subscribes the person to a webhook of the app',
  about:
    'The person whose token it is. What happens from now on is told to the webhook, for as long as the app holds a token of the person with these rights.',
  auth: ['person'],
  scopes: ['dm.read', 'dm.write', 'tweet.read', 'users.read'],
  writes: true,
  parameters: WEBHOOK_ID,
  answer: 'SubscribedAnswer',
  prepare: () => undefined,
  read({ admission, subject, viewer }, { webhooks }) {
    webhooks.subscribe(admission.caller.appId, subject, viewer!);
    return dataAnswer({ subscribed: true });
  },
});
