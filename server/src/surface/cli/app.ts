import { parseDay } from '#kernel/clock';
import { type Credentials, OPERATOR } from '#terms/port';
import { DIALECT_OPTION, dialectOption } from './app-set.ts';
import { type FolderCommand, type Input, list, required, text, UsageError, wholeNumber } from './command.ts';
import { appNamed, licenseeNamed } from './named.ts';
import { dollars, table } from './table.ts';

const OVERLAP_HOURS_MAX = 24 * 31; // as terms allow
const SPENDING_LIMIT_DOLLARS_MAX = 1_000_000_000;

type Added = {
  appId: string;
  keyId: string;
  bearerToken: string;
  consumerKey: string;
  consumerSecret: string;
};

const TERMS_OPTIONS = [
  ['--plan <name>', 'plan of the agreement (see: parley plan list)'],
  [
    '--purpose <list>',
    'display, analytics, research, ai-training, ai-input, government, resale; comma-separated (default display)',
  ],
  ['--recipient <list>', 'who receives the posts beside the licensee; comma-separated'],
  ['--spending-limit <dollars>', 'most that calls may cost in a UTC month, or none'],
  ['--from <day>', 'UTC day on which the agreement begins (default today)'],
  ['--to <day>', 'UTC day on which it ends, itself excluded, or never (default never)'],
] as const;

export const appAdd: FolderCommand = {
  place: 'folder',
  name: 'app add',
  summary: 'register a client of a licensee under an agreement; its keys are shown once',
  options: [
    ['--licensee <licensee>', 'name or id of the licensee'],
    ...TERMS_OPTIONS,
    ['--name <name>', 'what persons read where the app asks them (default the licensee’s name and “app”)'],
    ['--sandbox', 'a key that answers and is never billed'],
    DIALECT_OPTION,
  ],
  async run(parley, input): Promise<Added> {
    const licensee = required(input, 'licensee');
    const plan = required(input, 'plan');
    const { licenseeId } = licenseeNamed(parley, licensee);
    const credentials = await parley.terms.addApp(OPERATOR, {
      licenseeId,
      name: text(input, 'name'),
      sandbox: input.options.sandbox === true,
      dialect: dialectOption(input),
      ...terms(input),
      plan,
    });
    return shown(credentials);
  },
  show: credentials,
};

function shown({ appId, keyId, bearerToken, consumerKey, consumerSecret }: Credentials): Added {
  return { appId, keyId, bearerToken, consumerKey, consumerSecret };
}

function credentials(added: Added): string {
  return `app             ${added.appId}\nkey id          ${added.keyId}\nbearer token    ${added.bearerToken}\nconsumer key    ${added.consumerKey}\nconsumer secret ${added.consumerSecret}\nKeep them now: they are not shown again.`;
}

/** What the agreement's flags say; what is not given is left out. */
function terms(input: Input) {
  return {
    plan: text(input, 'plan'),
    purposes: list(input, 'purpose'),
    recipients: list(input, 'recipient'),
    spendingLimitMicros: spendingLimit(input),
    start: day(input, 'from'),
    end: text(input, 'to') === 'never' ? null : day(input, 'to'),
  };
}

/** Null lifts a limit that an earlier version of the agreement set. */
function spendingLimit(input: Input): number | null | undefined {
  const value = text(input, 'spendingLimit');
  if (value === undefined) return undefined;
  if (value === 'none') return null;
  if (!/^\d{1,10}(\.\d{1,6})?$/.test(value) || Number(value) > SPENDING_LIMIT_DOLLARS_MAX) {
    throw new UsageError(`--spending-limit takes dollars such as 250 or 0.50, or none, not "${value}".`);
  }
  return Math.round(Number(value) * 1_000_000);
}

/** A `YYYY-MM-DD` option as Unix ms. */
export function day(input: Input, name: string): number | undefined {
  const value = text(input, name);
  if (value === undefined) return undefined;
  const ms = parseDay(value);
  if (ms === undefined) throw new UsageError(`--${name} takes a UTC day such as 2026-11-21, not "${value}".`);
  return ms;
}

type Listed = Awaited<ReturnType<typeof listed>>;

async function listed(parley: Parameters<FolderCommand['run']>[0]) {
  return parley.terms.apps(OPERATOR).map(({ agreement, keys, ...app }) => ({
    appId: app.appId,
    licenseeId: app.licenseeId,
    name: app.name,
    dialect: app.dialect,
    agreement: agreement.id,
    agreementHash: agreement.hashHex,
    plan: agreement.plan.name,
    purposes: agreement.purposes,
    recipients: agreement.recipients,
    spendingLimitMicros: agreement.spendingLimitMicros,
    keys: keys.map((key) => ({
      keyId: key.keyId,
      sandbox: key.sandbox,
      createdAt: new Date(key.createdAt).toISOString(),
      expiresAt: key.expiresAt === null ? null : new Date(key.expiresAt).toISOString(),
      revokedAt: key.revokedAt === null ? null : new Date(key.revokedAt).toISOString(),
    })),
  }));
}

export const appList: FolderCommand = {
  place: 'folder',
  name: 'app list',
  summary: 'all apps with plan, purposes and the state of their keys',
  run: listed,
  show: (apps: Listed) =>
    table(
      ['app', 'licensee', 'name', 'dialect', 'plan', 'purposes', 'spending limit', 'keys'],
      apps.map((app) => [
        app.appId,
        app.licenseeId,
        app.name,
        app.dialect,
        app.plan,
        app.purposes.join(','),
        app.spendingLimitMicros === null ? null : dollars(app.spendingLimitMicros),
        app.keys
          .map(
            (key) =>
              `${key.keyId}${key.sandbox ? ' sandbox' : ''}${key.revokedAt ? ' revoked' : key.expiresAt ? ` until ${key.expiresAt}` : ''}`,
          )
          .join('; '),
      ]),
    ),
};

export const appRotate: FolderCommand = {
  place: 'folder',
  name: 'app rotate',
  summary: 'a new key for an app; the old one works until the overlap ends',
  args: '<app>',
  options: [
    ['--overlap <hours>', 'how long the old key still works (default 24; 0 ends it now)'],
    ['--sandbox', 'rotate the sandbox key'],
  ],
  async run(parley, input): Promise<Added> {
    const overlapHours = wholeNumber(input, 'overlap', 0, OVERLAP_HOURS_MAX);
    const { appId } = appNamed(parley, input.args[0] ?? '');
    const sandbox = input.options.sandbox === true;
    return shown(await parley.terms.rotateKey(OPERATOR, appId, { overlapHours, sandbox }));
  },
  show: credentials,
};

type Revoked = { keyId: string; appId: string; revokedAt: string | null };

export const appRevoke: FolderCommand = {
  place: 'folder',
  name: 'app revoke',
  summary: 'refuse a key from this moment on',
  args: '<key>',
  async run(parley, input): Promise<Revoked> {
    const key = await parley.terms.revokeKey(OPERATOR, input.args[0] ?? '');
    return {
      keyId: key.keyId,
      appId: key.appId,
      revokedAt: key.revokedAt === null ? null : new Date(key.revokedAt).toISOString(),
    };
  },
  show: (key: Revoked) => `key ${key.keyId} of app ${key.appId} is revoked.`,
};

type Amended = { agreement: string; agreementHash: string; plan: string; purposes: readonly string[] };

export const appAmend: FolderCommand = {
  place: 'folder',
  name: 'app amend',
  summary: 'a new version of an app’s agreement; what is not given stays as it was',
  args: '<app>',
  options: TERMS_OPTIONS,
  async run(parley, input): Promise<Amended> {
    const change = Object.fromEntries(
      Object.entries(terms(input)).filter(([, value]) => value !== undefined),
    );
    if (Object.keys(change).length === 0) throw new UsageError('nothing to change was given.');
    const { appId } = appNamed(parley, input.args[0] ?? '');
    const agreement = await parley.terms.amendAgreement(OPERATOR, appId, change);
    return {
      agreement: agreement.id,
      agreementHash: agreement.hashHex,
      plan: agreement.plan.name,
      purposes: agreement.purposes,
    };
  },
  show: (amended: Amended) =>
    `agreement ${amended.agreement} is in force: plan ${amended.plan}, purposes ${amended.purposes.join(', ')}.`,
};
