import { body } from '../../answer/body.ts';
import { operation } from '../../operation.ts';
import { writeLink } from '../../webhook/link-page.ts';

export const getWebhooksStreamLinks = operation({
  id: 'getWebhooksStreamLinks',
  path: '/2/tweets/search/webhooks',
  tag: 'Webhooks',
  summary: 'The webhooks that the app’s rules are linked to',
  about: 'With the fields and expansions that each gets.',
  auth: ['app'],
  parameters: {},
  answer: 'LinksAnswer',
  prepare: () => undefined,
  read({ admission }, { webhooks }) {
    const texts = webhooks.links(admission.caller.appId).map((link) => JSON.stringify(writeLink(link)));
    const answer = body({ data: texts, meta: { result_count: texts.length } });
    return { groups: [], present: () => answer };
  },
});
