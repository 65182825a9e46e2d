import type { CliCommand } from './command.ts';

/**
 * Every command of the program by its name, in the order of the help. A module is loaded when its command is run, so
 * that a short command costs no more than it needs.
 */
export const loaders = {
  start: async () => (await import('./start.ts')).start,
  demo: async () => (await import('./demo.ts')).demo,
  import: async () => (await import('./import.ts')).importCommand,
  sample: async () => (await import('./sample.ts')).sample,
  'plan list': async () => (await import('./plan.ts')).planList,
  'plan add': async () => (await import('./plan.ts')).planAdd,
  'licensee add': async () => (await import('./licensee.ts')).licenseeAdd,
  'licensee list': async () => (await import('./licensee.ts')).licenseeList,
  'app add': async () => (await import('./app.ts')).appAdd,
  'app list': async () => (await import('./app.ts')).appList,
  'app rotate': async () => (await import('./app.ts')).appRotate,
  'app revoke': async () => (await import('./app.ts')).appRevoke,
  'app amend': async () => (await import('./app.ts')).appAmend,
  'app set': async () => (await import('./app-set.ts')).appSet,
  'app oauth': async () => (await import('./app-oauth.ts')).appOauth,
  'app token': async () => (await import('./app-token.ts')).appToken,
  'app tokens': async () => (await import('./app-token.ts')).appTokens,
  'person add': async () => (await import('./person.ts')).personAdd,
  'person password': async () => (await import('./person.ts')).personPassword,
  'sign-in set': async () => (await import('./sign-in.ts')).signInSet,
  'sign-in show': async () => (await import('./sign-in.ts')).signInShow,
  'sign-in clear': async () => (await import('./sign-in.ts')).signInClear,
  'operator add': async () => (await import('./operator.ts')).operatorAdd,
  'operator list': async () => (await import('./operator.ts')).operatorList,
  'operator revoke': async () => (await import('./operator.ts')).operatorRevoke,
  'network show': async () => (await import('./network.ts')).networkShow,
  'network set': async () => (await import('./network.ts')).networkSet,
  'network own': async () => (await import('./network.ts')).networkOwn,
  'network requests': async () => (await import('./network.ts')).networkRequests,
  'network answer': async () => (await import('./network.ts')).networkAnswer,
  usage: async () => (await import('./usage.ts')).usage,
  audit: async () => (await import('./audit.ts')).audit,
  'ledger verify': async () => (await import('./ledger.ts')).ledgerVerify,
  'receipt verify': async () => (await import('./receipt.ts')).receiptVerify,
  'receipt compare': async () => (await import('./receipt.ts')).receiptCompare,
  'fraud verify': async () => (await import('./receipt.ts')).fraudVerify,
} satisfies Readonly<Record<string, () => Promise<CliCommand>>>;
