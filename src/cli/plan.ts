import type { Plan, PlanInput } from '#terms';
import { type FolderCommand, type Input, text, UsageError, wholeNumber } from './command.ts';
import { dollars, table } from './table.ts';

const CAP_MAX = 1_000_000_000_000;
const MONEY = /^\d{1,9}(\.\d{1,6})?$/;

export const planList: FolderCommand = {
  place: 'folder',
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
    if (text(input, 'cap') === 'none') plan.monthlyPostCap = null;
    else {
      const cap = wholeNumber(input, 'cap', 0, CAP_MAX);
      if (cap !== undefined) plan.monthlyPostCap = cap;
    }
    return parley.terms.addPlan(plan);
  },
  show: (plan: Plan) => `plan ${plan.name} can be agreed on.`,
};

function micros(input: Input, name: string, flag: string): number | undefined {
  const value = text(input, name);
  if (value === undefined) return undefined;
  if (!MONEY.test(value)) throw new UsageError(`${flag} takes dollars such as 250 or 0.005, not "${value}".`);
  return Math.round(Number(value) * 1_000_000);
}
