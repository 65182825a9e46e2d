import type { Plan, PlanInput, StreamLimits } from '#terms';
import { type FolderCommand, flagOf, type Input, list, text, UsageError, wholeNumber } from './command.ts';
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
    ['--call-price <list>', 'price of a successful call, dollars, by operation: createPosts=0.01'],
    [
      '--rate <list>',
      'calls per 15 minutes, by operation, of the app or of app/person: getPostsById=9000,createPosts=1000/100',
    ],
    ['--rate-per-second <list>', 'calls a second, by operation: searchPostsAll=1'],
    ['--call-cap <list>', 'successful calls a UTC month, by operation: createPosts=1500'],
    [
      '--stream-connections <number>',
      'open connections at a time to each stream, or to each of its partitions',
    ],
    ['--rules <number>', 'stream rules of an app'],
    ['--rule-length <number>', 'characters of a stream rule'],
    ['--posts-per-second <number>', 'posts a second on a stream connection; "none" for no limit'],
    ['--query-length <list>', 'characters of a search: recent=512,all=1024'],
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
    const rates = pairs(input, 'rate', rate);
    const perSecond = pairs(input, 'ratePerSecond', (value) => whole(value, 1, RATE_MAX));
    const callCaps = pairs(input, 'callCap', (value) => whole(value, 0, CAP_MAX));
    const callPrices = pairs(input, 'callPrice', (value) =>
      MONEY.test(value) ? toMicros(value) : undefined,
    );
    if (rates) plan.rates = rates;
    if (perSecond) plan.ratesPerSecond = perSecond;
    if (callCaps) plan.monthlyCallCaps = callCaps;
    if (callPrices) plan.callMicros = callPrices;
    const based = parley.terms.plans().find(({ name }) => name === (base ?? BASE_DEFAULT));
    const streams = await streamLimitsOf(based, input);
    if (streams) plan.streams = streams;
    const queryLength = queryLengthOf(based, input);
    if (queryLength) plan.queryLengthMax = queryLength;
    const operations = list(input, 'operations');
    if (operations) plan.operations = operations.includes('all') ? 'all' : operations;
    if (text(input, 'cap') === 'none') plan.monthlyPostCap = null;
    else {
      const cap = wholeNumber(input, 'cap', 0, CAP_MAX);
      if (cap !== undefined) plan.monthlyPostCap = cap;
    }
    return parley.terms.addPlan(plan);
  },
  show: (plan: Plan) =>
    `plan ${plan.name} can be agreed on: parley app add --licensee NAME --plan ${plan.name}`,
};

const BASE_DEFAULT = 'basic';
const RATE_MAX = 1_000_000_000;
/** Beyond what a plan allows; terms say what that is. */
const LIMIT_MAX = 1_000_000;
/** What each list takes as a value, for its refusal. */
const PAIRS = {
  rate: 'operation=calls or operation=calls/calls-per-person',
  ratePerSecond: 'operation=calls',
  callCap: 'operation=calls',
  callPrice: 'operation=dollars',
  queryLength: 'recent=characters or all=characters',
} as const;

/** Limits of streams are given whole, so what is not named comes from the base. */
async function streamLimitsOf(based: Plan | undefined, input: Input): Promise<StreamLimits | undefined> {
  const given = {
    connections: wholeNumber(input, 'streamConnections', 1, LIMIT_MAX),
    rules: wholeNumber(input, 'rules', 1, LIMIT_MAX),
    ruleLength: wholeNumber(input, 'ruleLength', 1, LIMIT_MAX),
  };
  const unlimited = text(input, 'postsPerSecond') === 'none';
  const postsPerSecond = unlimited ? undefined : wholeNumber(input, 'postsPerSecond', 1, RATE_MAX);
  const changes = Object.entries({ ...given, postsPerSecond }).filter(([, value]) => value !== undefined);
  if (changes.length === 0 && !unlimited) return undefined;
  const { streamLimits } = await import('#terms');
  const { postsPerSecond: before, ...limits } = streamLimits(based ?? {});
  const pace = unlimited || before === undefined ? {} : { postsPerSecond: before };
  return { ...limits, ...pace, ...Object.fromEntries(changes) };
}

/** Given whole too. */
function queryLengthOf(based: Plan | undefined, input: Input): Plan['queryLengthMax'] | undefined {
  const given = pairs(input, 'queryLength', (value) => whole(value, 1, LIMIT_MAX));
  if (!given) return undefined;
  const unknown = Object.keys(given).find((key) => key !== 'recent' && key !== 'all');
  if (unknown !== undefined)
    throw new UsageError(`--query-length takes ${PAIRS.queryLength}, not "${unknown}".`);
  return { ...(based?.queryLengthMax ?? { recent: 1, all: 1 }), ...given };
}

/** `name=value,…` as a table. @param read the value; undefined for one that cannot be. */
function pairs<Value>(
  input: Input,
  name: keyof typeof PAIRS,
  read: (value: string) => Value | undefined,
): Record<string, Value> | undefined {
  const entries = list(input, name)?.map((pair): [string, Value] => {
    const [key = '', ...rest] = pair.split('=');
    const value = read(rest.join('='));
    if (key === '' || value === undefined)
      throw new UsageError(`${flagOf(name)} takes ${PAIRS[name]}, not "${pair}".`);
    return [key, value];
  });
  return entries && Object.fromEntries(entries);
}

function whole(value: string, least: number, most: number): number | undefined {
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  return number >= least && number <= most ? number : undefined;
}

/** One window for the app and for each person, or one for each, `app/person`. */
function rate(value: string): readonly [app: number, person: number] | undefined {
  const [app = '', person = app, ...more] = value.split('/');
  const windows = [whole(app, 1, RATE_MAX), whole(person, 1, RATE_MAX)] as const;
  const [first, second] = windows;
  return first === undefined || second === undefined || more.length > 0 ? undefined : [first, second];
}

function micros(input: Input, name: string, flag: string): number | undefined {
  const value = text(input, name);
  if (value === undefined) return undefined;
  if (!MONEY.test(value)) throw new UsageError(`${flag} takes dollars such as 250 or 0.005, not "${value}".`);
  return toMicros(value);
}

function toMicros(dollarText: string): number {
  return Math.round(Number(dollarText) * 1_000_000);
}
