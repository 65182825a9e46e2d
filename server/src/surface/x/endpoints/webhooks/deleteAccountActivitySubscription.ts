import { operation } from '../../operation.ts';
import { pathId } from '../../params/parameter.ts';
import { dataAnswer, WEBHOOK_ID } from '../../webhook/webhook-page.ts';

export const deleteAccountActivitySubscription = operation({
  id: 'deleteAccountActivitySubscription',
  path: '/2/account_activity/webhooks/{webhook_id}/subscriptions/{user_id}/all',
  method: 'DELETE',
  tag: 'Webhooks',
  summary: 'Ends a person’s subscription',
  about: 'Nothing that waits for it is delivered any more. Again is no mistake.',
  auth: ['app'],
  writes: true,
  parameters: {
    ...WEBHOOK_ID,
    personId: pathId('user_id', 'Id of the person.'),
  },
  answer: 'SubscribedAnswer',
  prepare: () => undefined,
  read({ admission, path }, { webhooks }) {
    webhooks.unsubscribe(admission.caller.appId, path.webhook_id ?? '', path.user_id ?? '');
    return dataAnswer({ subscribed: false });
  },
});
