/**
 * The wings and modules of `server/src`, and what each module may import: the one table that the tidy test enforces and
 * docs/architecture.md prints.
 */

/** A module may import those of earlier rows, never one of its own row. */
const ROWS: readonly (readonly string[])[] = [
  ['kernel'],
  ['identity', 'outbox', 'posts', 'media', 'ledger'],
  ['sources', 'search', 'terms', 'actions', 'messages'],
  ['audit', 'streams', 'compliance', 'webhooks'],
  ['x', 'http', 'datafolder'],
];

/** Modules that import less than their row allows. */
const NARROWER: Readonly<Record<string, readonly string[]>> = {
  identity: ['kernel'],
  outbox: ['kernel'],
  posts: ['kernel'],
  media: ['kernel'],
  ledger: ['kernel'],
};

/** The folder of each module below `server/src`; a wing holds modules of one kind of work. */
export const FOLDERS: Readonly<Record<string, string>> = {
  kernel: 'kernel',
  http: 'http',
  identity: 'identity',
  posts: 'content/posts',
  media: 'content/media',
  messages: 'content/messages',
  actions: 'content/actions',
  sources: 'content/sources',
  search: 'discovery/search',
  terms: 'metering/terms',
  ledger: 'metering/ledger',
  audit: 'metering/audit',
  streams: 'delivery/streams',
  webhooks: 'delivery/webhooks',
  compliance: 'delivery/compliance',
  outbox: 'delivery/outbox',
  x: 'surface/x',
  datafolder: 'datafolder',
};

/** Wings that must not know each other, whatever the rows allow. */
export const FORBIDDEN: readonly (readonly [importer: string, imported: string])[] = [
  ['metering', 'content'],
  ['content', 'metering'],
  ['discovery', 'metering'],
];

export const MODULES = Object.keys(FOLDERS);

/** @returns the names of the modules that `module` may import. */
export function mayImport(module: string): readonly string[] {
  const row = ROWS.findIndex((names) => names.includes(module));
  return NARROWER[module] ?? ROWS.slice(0, row).flat();
}

/** @returns the rows as docs/architecture.md prints them. */
export function printedRows(): string {
  return ROWS.map((names) => names.join('   ')).join('\n');
}

/** @param path from the root of the checkout. @returns the module whose folder holds it. */
export function moduleOf(path: string): string | undefined {
  return MODULES.find((name) => path.startsWith(`server/src/${FOLDERS[name]}/`));
}

/** @returns the wing of a module: the first folder of its path. */
export function wingOf(module: string): string {
  return (FOLDERS[module] ?? '').split('/')[0] ?? '';
}
