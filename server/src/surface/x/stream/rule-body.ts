import { type JsonLimits, Problem } from '#kernel';
import type { RuleInput } from '#streams';

export type RuleChange =
  | { add: RuleInput[] }
  | { delete: { ids: readonly string[]; values: readonly string[] } | 'all' };

/** Each is parsed on the event loop, 20 µs for the longest; a plan's 25,000 rules come in as many requests as that takes. */
const ADD_MAX = 1_000;
/** Ids or texts, which are only looked up. */
const LIST_MAX = 10_000;
/** A thousand rules of 1,024 characters, each with a value and a tag. */
export const RULES_LIMITS: JsonLimits = { bytesMax: 1 << 20, depthMax: 8, valuesMax: 2 * LIST_MAX };

function fail(detail: string): never {
  throw new Problem('body-invalid', { detail });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads `{add: [{value, tag}]}` or `{delete: {ids, values}}`. Throws Problem `body-invalid` that says what is wrong. */
export function readRuleChange(body: unknown, deleteAll: boolean): RuleChange {
  if (deleteAll) {
    if (isObject(body) && (body.add !== undefined || body.delete !== undefined))
      fail('`delete_all` takes no `add` and no `delete`.');
    return { delete: 'all' };
  }
  if (!isObject(body)) fail('The body is an object with `add` or `delete`.');
  if ((body.add === undefined) === (body.delete === undefined))
    fail('The body has either `add` or `delete`.');
  return body.add === undefined ? { delete: readDelete(body.delete) } : { add: readAdd(body.add) };
}

function readAdd(add: unknown): RuleInput[] {
  if (!Array.isArray(add) || add.length === 0 || add.length > ADD_MAX)
    fail(`\`add\` is a list of 1 to ${ADD_MAX} rules, each {"value", "tag"}; send more in further requests.`);
  return add.map((one: unknown) => {
    if (!isObject(one) || typeof one.value !== 'string') fail('`value` of a rule is text.');
    if (one.tag !== undefined && one.tag !== null && typeof one.tag !== 'string')
      fail('`tag` of a rule is text.');
    if (!one.value.isWellFormed() || (typeof one.tag === 'string' && !one.tag.isWellFormed()))
      fail('A rule is well-formed text.');
    return typeof one.tag === 'string' ? { value: one.value, tag: one.tag } : { value: one.value };
  });
}

function readDelete(given: unknown): { ids: readonly string[]; values: readonly string[] } {
  if (!isObject(given)) fail('`delete` is {"ids": […]} or {"values": […]}.');
  const ids = texts(given.ids, 'ids');
  const values = texts(given.values, 'values');
  if (ids.length + values.length === 0) fail('`delete` names at least one rule, by `ids` or `values`.');
  return { ids, values };
}

/** @param name of the list, for the message. */
export function texts(list: unknown, name: string): readonly string[] {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list) || list.length > LIST_MAX || list.some((one) => typeof one !== 'string'))
    fail(`\`${name}\` is a list of at most ${LIST_MAX} texts.`);
  // Ids that were read as numbers elsewhere have lost their last digits: better refused than deleted by mistake.
  return list as string[];
}
