import type { Rule, RuleOutcome } from '#streams';
import { streamLimits } from '#terms';
import { body } from '../answer/body.ts';
import { operation, type ReadResult } from '../operation.ts';
import { RULES_LIMITS, type RuleChange, readRuleChange } from '../stream/rule-body.ts';

const X = 'https://api.twitter.com/2/problems/';

export const updateRules = operation({
  id: 'updateRules',
  path: '/2/tweets/search/stream/rules',
  method: 'POST',
  status: 201,
  tag: 'Streams',
  summary: 'Adds or deletes rules',
  about:
    'The body has either `add` or `delete`. Rules that can be added are, whatever becomes of the others; each of those has its entry in `errors`. Open streams follow at once.',
  auth: ['app'],
  body: 'RulesRequest',
  bodyLimits: RULES_LIMITS,
  parameters: {
    dryRun: {
      name: 'dry_run',
      kind: 'one',
      of: ['true', 'false'],
      fallback: 'false',
      about: 'Only tell what would be done.',
    },
    deleteAll: {
      name: 'delete_all',
      kind: 'one',
      of: ['true', 'false'],
      fallback: 'false',
      about: 'Delete every rule of the app; the body is empty then.',
    },
  },
  answer: 'RulesUpdate',
  prepare: ({ dryRun, deleteAll }) => ({ dryRun: dryRun === 'true', deleteAll: deleteAll === 'true' }),
  read({ query, admission, now, body: given }, { streams: { rules } }) {
    const { appId, agreement } = admission.caller;
    const change = readRuleChange(given, query.deleteAll);
    const dryRun = query.dryRun || admission.dryRun;
    const sent = new Date(now).toISOString();
    if ('add' in change)
      return added(rules.add(appId, change.add, streamLimits(agreement.plan), dryRun), sent);
    return deleted(change.delete, rules.remove(appId, change.delete, dryRun), sent);
  },
});

function added(outcomes: readonly RuleOutcome[], sent: string): ReadResult {
  const made = outcomes.flatMap((one) => (one.status === 'added' ? [one.rule] : []));
  const errors = outcomes.flatMap((one): object[] => {
    if (one.status === 'duplicate')
      return [{ value: one.value, id: one.id, title: 'DuplicateRule', type: `${X}duplicate-rules` }];
    if (one.status === 'invalid')
      return [{ value: one.value, details: one.details, title: 'InvalidRule', type: `${X}invalid-rules` }];
    return [];
  });
  const summary = {
    created: made.length,
    not_created: errors.length,
    valid: made.length,
    invalid: errors.length,
  };
  return answer(201, made, { sent, summary }, errors);
}

function deleted(
  asked: Extract<RuleChange, { delete: unknown }>['delete'],
  found: readonly Rule[],
  sent: string,
): ReadResult {
  const ids = new Set(found.map(({ id }) => id));
  const values = new Set(found.map(({ value }) => value));
  const missing = (name: string, list: readonly string[], known: ReadonlySet<string>) =>
    list
      .filter((one) => !known.has(one))
      .map((value) => ({
        value,
        detail: `Could not find rule with ${name}: [${value}].`,
        title: 'Not Found Error',
        resource_type: 'rule',
        parameter: name,
        resource_id: value,
        type: `${X}resource-not-found`,
      }));
  const errors =
    asked === 'all' ? [] : [...missing('ids', asked.ids, ids), ...missing('values', asked.values, values)];
  const summary = { deleted: found.length, not_deleted: errors.length };
  return answer(200, [], { sent, summary }, errors);
}

function answer(
  status: 200 | 201,
  rules: readonly Rule[],
  meta: object,
  errors: readonly object[],
): ReadResult {
  const plain = body({ data: rules.map((rule) => JSON.stringify(rule)), meta: { ...meta } });
  const text = errors.length === 0 ? plain : `${plain.slice(0, -1)},"errors":${JSON.stringify(errors)}}`;
  return { groups: [], status, present: () => text };
}
