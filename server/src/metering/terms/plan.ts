import { Problem } from '#kernel';
import { OPERATIONS } from './catalogue.ts';
import type { Plan, PlanInput, StreamLimits } from './port.ts';

const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;
const TITLE_LENGTH_MAX = 200;
/** A billion dollars, or a billion calls: beyond it sums could leave the safe integers. */
const MICROS_MAX = 1e15;
const COUNT_MAX = 1e12;
const RATE_MAX = 1e9;
/** X's enterprise limit; a longer query costs more than it can tell. */
const QUERY_LENGTH_MAX = 4096;
/** Each costs a batch every 60 ms. */
const STREAM_CONNECTIONS_MAX = 1_000;
/** Four times X's largest; they lie in memory. */
const RULES_MAX = 100_000;

/** What a plan may have and its base may lack; `base` itself is none of a plan's. */
const OPTIONAL_FIELDS: ReadonlySet<string> = new Set(['base', 'streams', 'monthlyCallCaps']);

function fail(detail: string): never {
  throw new Problem('body-invalid', { detail });
}

function whole(value: unknown, name: string, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
    fail(`\`${name}\` of a plan is a whole number from ${min} to ${max}.`);
  }
  return value;
}

function table<T>(
  value: unknown,
  name: string,
  read: (value: unknown, name: string) => T,
): Record<string, T> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    fail(`\`${name}\` of a plan is an object.`);
  const read1 = Object.entries(value).map(([key, one]): [string, T] => {
    if (!Object.hasOwn(OPERATIONS, key)) fail(`\`${name}\` names an unknown operation: ${key.slice(0, 64)}.`);
    return [key, read(one, `${name}.${key}`)];
  });
  return Object.fromEntries(read1);
}

function streams(value: unknown): StreamLimits | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null)
    fail('`streams` of a plan is {connections, rules, ruleLength, postsPerSecond?}.');
  const { connections, rules, ruleLength, postsPerSecond } = value as Record<string, unknown>;
  return {
    connections: whole(connections, 'streams.connections', 1, STREAM_CONNECTIONS_MAX),
    rules: whole(rules, 'streams.rules', 1, RULES_MAX),
    ruleLength: whole(ruleLength, 'streams.ruleLength', 1, QUERY_LENGTH_MAX),
    ...(postsPerSecond !== undefined && {
      postsPerSecond: whole(postsPerSecond, 'streams.postsPerSecond', 1, RATE_MAX),
    }),
  };
}

function operations(value: unknown): Plan['operations'] {
  if (value === 'all') return value;
  if (!Array.isArray(value) || value.length === 0)
    fail('`operations` of a plan is "all" or a list of operations.');
  const known = new Set<string>();
  for (const one of value) {
    if (typeof one !== 'string' || !Object.hasOwn(OPERATIONS, one)) {
      fail(`\`operations\` names an unknown operation: ${String(one).slice(0, 64)}.`);
    }
    known.add(one);
  }
  return [...known];
}

function rate(value: unknown, name: string): readonly [number, number] {
  if (!Array.isArray(value) || value.length !== 2)
    fail(`\`${name}\` of a plan is [calls per app, calls per person].`);
  return [whole(value[0], name, 1, RATE_MAX), whole(value[1], name, 1, RATE_MAX)];
}

/**
 * An operator's own plan: `base` with what the input changes, each field checked. Tables (`rates`, `callMicros`,
 * `monthlyCallCaps`) are laid over the base's, operation by operation.
 * Throws Problem `body-invalid` for a wrong field, `conflict` for a name that is taken, `not-found` for an unknown base.
 */
export function makePlan(input: PlanInput, known: readonly Plan[]): Plan {
  if (typeof input.name !== 'string' || !NAME.test(input.name)) {
    fail('The name of a plan is 1 to 40 of a-z, 0-9 and -.');
  }
  if (known.some(({ name }) => name === input.name)) {
    throw new Problem('conflict', {
      detail: `There is a plan ${input.name} already. Plans never change; choose another name.`,
    });
  }
  const base = known.find(({ name }) => name === (input.base ?? 'basic'));
  if (!base)
    throw new Problem('not-found', {
      detail: `There is no plan ${String(input.base).slice(0, 64)} to start from.`,
    });
  const unknown = Object.keys(input).find((key) => !OPTIONAL_FIELDS.has(key) && !Object.hasOwn(base, key));
  if (unknown) fail(`A plan has no field ${unknown.slice(0, 64)}.`);
  const given = { ...base, title: input.name, ...input };
  if (
    typeof given.title !== 'string' ||
    given.title === '' ||
    given.title.length > TITLE_LENGTH_MAX ||
    !given.title.isWellFormed()
  ) {
    fail(`The title of a plan is text of at most ${TITLE_LENGTH_MAX} characters.`);
  }
  const { queryLengthMax } = given;
  if (typeof queryLengthMax !== 'object' || queryLengthMax === null)
    fail('`queryLengthMax` is {recent, all}.');
  const limits = streams(given.streams);
  const callCaps = {
    ...base.monthlyCallCaps,
    ...table(input.monthlyCallCaps ?? {}, 'monthlyCallCaps', (value, name) =>
      whole(value, name, 0, COUNT_MAX),
    ),
  };
  return {
    ...(limits && { streams: limits }),
    ...(Object.keys(callCaps).length > 0 && { monthlyCallCaps: callCaps }),
    name: input.name,
    title: given.title,
    monthlyFeeMicros: whole(given.monthlyFeeMicros, 'monthlyFeeMicros', 0, MICROS_MAX),
    monthlyPostCap:
      given.monthlyPostCap === null ? null : whole(given.monthlyPostCap, 'monthlyPostCap', 0, COUNT_MAX),
    postMicros: whole(given.postMicros, 'postMicros', 0, MICROS_MAX),
    personMicros: whole(given.personMicros, 'personMicros', 0, MICROS_MAX),
    callMicros: {
      ...base.callMicros,
      ...table(given.callMicros, 'callMicros', (value, name) => whole(value, name, 0, MICROS_MAX)),
    },
    operations: operations(given.operations),
    queryLengthMax: {
      recent: whole(queryLengthMax.recent, 'queryLengthMax.recent', 1, QUERY_LENGTH_MAX),
      all: whole(queryLengthMax.all, 'queryLengthMax.all', 1, QUERY_LENGTH_MAX),
    },
    rates: { ...base.rates, ...table(given.rates, 'rates', rate) },
    ratesPerSecond: {
      ...base.ratesPerSecond,
      ...table(given.ratesPerSecond, 'ratesPerSecond', (value, name) => whole(value, name, 1, RATE_MAX)),
    },
  };
}

/** True if the plan includes the operation; `all` are those of the table. */
export function includes(plan: Plan, operation: string): boolean {
  return plan.operations === 'all'
    ? Object.hasOwn(OPERATIONS, operation)
    : plan.operations.includes(operation);
}

/**
 * What a call costs: the one price formula, for charging and for the audit. Micro-dollars; every price is an
 * integer, so nothing is ever rounded. What a call itself costs (counts) falls due only when it succeeds, and a
 * sandbox call costs nothing: none of its resources is billed.
 */
export function price(
  plan: Plan,
  call: {
    operation: string;
    status: number;
    sandbox: boolean;
    postsBilled: number;
    personsBilled: number;
    /** Of a stream's batch: what the call itself costs was due when the stream was opened. */
    stream?: number;
  },
): number {
  const own =
    call.sandbox || call.status >= 400 || call.stream !== undefined ? 0 : callPrice(plan, call.operation);
  return own + call.postsBilled * plan.postMicros + call.personsBilled * plan.personMicros;
}

/** What the call itself costs, whatever it answers (counts). */
export function callPrice(plan: Plan, operation: string): number {
  return Object.hasOwn(plan.callMicros, operation) ? plan.callMicros[operation]! : 0;
}
