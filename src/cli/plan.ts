import { type Plan, type PlanInput, type StreamLimits, streamLimits } from '#terms';
import type { Parley } from '../main.ts';
import { type FolderCommand, type Input, list, text, UsageError, wholeNumber } from './command.ts';
import { dollars, table } from './table.ts';

const CAP_MAX = 1_000_000_000_000;
const MONEY = /^\d{1,9}(\.\d{1,6})?$/;

export const planList: FolderCommand = {
  place: 'folder',
  makesFolder: true,
  name: 'plan list',
  summary: 'all plans: fees, caps, prices',
  run: async (parley): Promise<Plan[]> => parley.terms.plans(),
  show: (plans: Plan[]) =>
    table(
      ['plan', 'fee a month', 'posts a month', 'a post', 'a person', 'operations'],
      plans.map((plan) => [
        plan.name,
        dollars(plan.monthlyFeeMicros),
        plan.monthlyPostCap,
        dollars(plan.postMicros),
        dollars(plan.personMicros),
        plan.operations === 'all' ? 'all' : String(plan.operations.length),
      ]),
    ),
};

export const planAdd: FolderCommand = {
  place: 'folder',
  makesFolder: true,
  name: 'plan add',
  summary: 'a plan of your own; what is not given comes from the plan it is based on',
  args: '<name>',
  options: [
    ['--base <plan>', 'the plan that it starts from (default basic)'],
    ['--title <text>', 'what people see'],
    ['--fee <dollars>', 'fixed fee a UTC month'],
    ['--cap <posts>', 'billed posts a UTC month; "none" for no cap'],
    ['--post-price <dollars>', 'price of a billed post'],
    ['--person-price <dollars>', 'price of a billed person'],
    ['--rate <list>', 'calls per 15 minutes, by operation: getPostsById=9000,searchPostsRecent=450'],
    ['--call-cap <list>', 'successful calls a UTC month, by operation: createPosts=1500'],
    [
      '--stream-connections <number>',
      'open connections at a time to each stream, or to each of its partitions',
    ],
    ['--rules <number>', 'stream rules of an app'],
    ['--rule-length <number>', 'characters of a stream rule'],
    ['--operations <list>', 'what may be called: operation ids, comma-separated, or "all"'],
  ],
  async run(parley, input): Promise<Plan> {
    const plan: PlanInput = { name: input.args[0] ?? '' };
    const base = text(input, 'base');
    const title = text(input, 'title');
    if (base !== undefined) plan.base = base;
    if (title !== undefined) plan.title = title;
    const fee = micros(input, 'fee', '--fee');
    const post = micros(input, 'postPrice', '--post-price');
    const person = micros(input, 'personPrice', '--person-price');
    if (fee !== undefined) plan.monthlyFeeMicros = fee;
    if (post !== undefined) plan.postMicros = post;
    if (person !== undefined) plan.personMicros = person;
    const rates = list(input, 'rate');
    if (rates) plan.rates = { ...baseRates(parley, base), ...Object.fromEntries(rates.map(rate)) };
    const callCaps = list(input, 'callCap');
    if (callCaps)
      plan.monthlyCallCaps = Object.fromEntries(callCaps.map((pair) => counted('--call-cap', pair, 0)));
    const streams = streamLimitsOf(parley, base, input);
    if (streams) plan.streams = streams;
    const operations = list(input, 'operations');
    if (operations) plan.operations = operations.includes('all') ? 'all' : operations;
    if (text(input, 'cap') === 'none') plan.monthlyPostCap = null;
    else {
      const cap = wholeNumber(input, 'cap', 0, CAP_MAX);
      if (cap !== undefined) plan.monthlyPostCap = cap;
    }
    return parley.terms.addPlan(plan);
  },
  show: (plan: Plan) => `plan ${plan.name} can be agreed on.`,
};

const BASE_DEFAULT = 'basic';
const RATE_MAX = 1_000_000_000;
/** Beyond what a plan allows; terms say what that is. */
const LIMIT_MAX = 1_000_000;

/** Limits of streams are given whole, so what is not named comes from the base. */
function streamLimitsOf(parley: Parley, base: string | undefined, input: Input): StreamLimits | undefined {
  const connections = wholeNumber(input, 'streamConnections', 1, LIMIT_MAX);
  const rules = wholeNumber(input, 'rules', 1, LIMIT_MAX);
  const ruleLength = wholeNumber(input, 'ruleLength', 1, LIMIT_MAX);
  if (connections === undefined && rules === undefined && ruleLength === undefined) return undefined;
  const plan = parley.terms.plans().find(({ name }) => name === (base ?? BASE_DEFAULT));
  const limits = streamLimits(plan ?? {});
  return {
    ...limits,
    connections: connections ?? limits.connections,
    rules: rules ?? limits.rules,
    ruleLength: ruleLength ?? limits.ruleLength,
  };
}

/** A plan's windows are given whole, so the ones that are not named come from its base. */
function baseRates(parley: Parley, base = BASE_DEFAULT): Plan['rates'] {
  return parley.terms.plans().find((plan) => plan.name === base)?.rates ?? {};
}

/** `operation=calls`: one window for the app and for each person. */
function rate(pair: string): [operation: string, windows: readonly [app: number, person: number]] {
  const [operation, calls] = counted('--rate', pair, 1);
  return [operation, [calls, calls]];
}

function counted(flag: string, pair: string, least: number): [operation: string, calls: number] {
  const [operation = '', calls = ''] = pair.split('=');
  if (!/^\d{1,10}$/.test(calls) || Number(calls) < least || Number(calls) > RATE_MAX) {
    throw new UsageError(`${flag} takes operation=calls pairs, not "${pair}".`);
  }
  return [operation, Number(calls)];
}

function micros(input: Input, name: string, flag: string): number | undefined {
  const value = text(input, name);
  if (value === undefined) return undefined;
  if (!MONEY.test(value)) throw new UsageError(`${flag} takes dollars such as 250 or 0.005, not "${value}".`);
  return Math.round(Number(value) * 1_000_000);
}
