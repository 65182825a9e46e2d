import { SUBSCRIPTIONS_MAX } from '#webhooks';
import { operation } from '../../operation.ts';
import { dataAnswer } from '../../webhook/webhook-page.ts';

export const getAccountActivitySubscriptionCount = operation({
  id: 'getAccountActivitySubscriptionCount',
  path: '/2/account_activity/subscriptions/count',
  tag: 'Webhooks',
  summary: 'How many subscriptions the app has',
  about: 'Over all its webhooks, and how many it may have. Numbers are texts, as X writes them.',
  auth: ['app'],
  parameters: {},
  answer: 'SubscriptionCount',
  prepare: () => undefined,
  read({ admission }, { webhooks }) {
    const count = String(webhooks.countSubscriptions(admission.caller.appId));
    return dataAnswer({
      provisioned_count: String(SUBSCRIPTIONS_MAX),
      subscriptions_count_all: count,
      subscriptions_count_direct_messages: count,
    });
  },
});
