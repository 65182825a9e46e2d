import { body } from '../answer/body.ts';
import { operation } from '../operation.ts';
import { USAGE_FIELDS, wordSet } from '../vocabulary.ts';

const DEFAULTS = wordSet(['cap_reset_day', 'project_cap', 'project_id', 'project_usage']);

export const getUsage = operation({
  id: 'getUsage',
  path: '/2/usage/tweets',
  tag: 'Usage',
  summary: 'Billed posts of the last days',
  about:
    "Of all apps of the caller's licensee. Numbers are texts, as X sends them; sandbox calls are not in them.",
  auth: ['app'],
  parameters: {
    days: {
      name: 'days',
      kind: 'integer',
      min: 1,
      max: 90,
      fallback: 7,
      about: 'Days back, today included.',
    },
    fields: {
      name: 'usage.fields',
      kind: 'words',
      of: USAGE_FIELDS,
      about: 'Fields beside the default ones (cap_reset_day, project_cap, project_id, project_usage).',
    },
  },
  answer: 'UsageAnswer',
  prepare: (values) => ({
    days: values.days,
    fields: wordSet([...DEFAULTS.words, ...(values.fields?.set.words ?? [])]),
  }),
  read({ query: { days, fields }, admission }, { terms }) {
    const usage = terms.usageDays(admission.caller.appId, days);
    const written = (list: readonly { date: string; usage: number }[]) =>
      list.map(({ date, usage: count }) => ({ date, usage: String(count) }));
    const all: Record<string, unknown> = {
      cap_reset_day: usage.capResetDay,
      daily_client_app_usage: usage.apps.map((app) => ({
        client_app_id: app.appId,
        usage: written(app.days),
        usage_result_count: app.days.length,
      })),
      daily_project_usage: { project_id: usage.licenseeId, usage: written(usage.days) },
      project_cap: usage.cap === null ? undefined : String(usage.cap),
      project_id: usage.licenseeId,
      project_usage: String(usage.used),
    };
    const data = Object.fromEntries(Object.entries(all).filter(([field]) => fields.has(field)));
    const answer = body({ data: JSON.stringify(data) });
    return { groups: [], present: () => answer };
  },
});
