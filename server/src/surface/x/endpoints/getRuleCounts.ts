import { streamLimits } from '#terms';
import { body } from '../answer/body.ts';
import { operation } from '../operation.ts';
import { RULE_COUNT_FIELDS, wordSet } from '../vocabulary.ts';

const DEFAULTS = wordSet([
  'cap_per_client_app',
  'cap_per_project',
  'client_app_rules_count',
  'project_rules_count',
]);

export const getRuleCounts = operation({
  id: 'getRuleCounts',
  path: '/2/tweets/search/stream/rules/counts',
  tag: 'Streams',
  summary: 'How many rules there are, and may be',
  about:
    'Of the app and of all apps of its licensee. Caps are each app’s own, so the project’s is their sum.',
  auth: ['app'],
  parameters: {
    fields: {
      name: 'rules_count.fields',
      kind: 'words',
      of: RULE_COUNT_FIELDS,
      about: 'Fields beside the default ones (all but `all_project_client_apps`).',
    },
  },
  answer: 'RuleCounts',
  prepare: ({ fields }) => wordSet([...DEFAULTS.words, ...(fields?.set.words ?? [])]),
  read({ query: fields, admission: { caller } }, { streams: { rules }, terms }) {
    const apps = terms.apps(caller.licenseeId);
    const counts = apps.map(({ appId }) => ({ client_app_id: appId, rule_count: rules.count(appId) }));
    const cap = apps.reduce((sum, { agreement }) => sum + streamLimits(agreement.plan).rules, 0);
    const all: Record<string, unknown> = {
      all_project_client_apps: counts,
      cap_per_client_app: String(streamLimits(caller.agreement.plan).rules),
      cap_per_project: String(cap),
      client_app_rules_count: { client_app_id: caller.appId, rule_count: rules.count(caller.appId) },
      project_rules_count: String(counts.reduce((sum, { rule_count }) => sum + rule_count, 0)),
    };
    const data = Object.fromEntries(Object.entries(all).filter(([field]) => fields.has(field)));
    const answer = body({ data: JSON.stringify(data) });
    return { groups: [], present: () => answer };
  },
});
