import { operation } from '../../operation.ts';
import { POST_SELECTION } from '../../params/field-selection.ts';
import { fieldTexts } from '../../webhook/link-page.ts';
import { dataAnswer, WEBHOOK_ID } from '../../webhook/webhook-page.ts';

export const createWebhooksStreamLink = operation({
  id: 'createWebhooksStreamLink',
  path: '/2/tweets/search/webhooks/{webhook_id}',
  method: 'POST',
  tag: 'Webhooks',
  summary: 'Brings what the app’s rules match to a webhook',
  about:
    'From now on each new post that matches is one signed POST, with the fields and expansions that were asked for here and `matching_rules`. Again replaces the fields.',
  auth: ['app'],
  writes: true,
  parameters: { ...WEBHOOK_ID, ...POST_SELECTION },
  answer: 'LinkMade',
  keepsClassicWords: true,
  prepare: fieldTexts,
  read({ admission, subject, query: fields }, { webhooks }) {
    webhooks.link(admission.caller.appId, subject, fields);
    return dataAnswer({ provisioned: true });
  },
});
