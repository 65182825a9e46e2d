export * from './address-range.ts';
export * from './clock.ts';
export * from './database.ts';
export * from './fair-queue.ts';
export * from './file.ts';
export * from './id.ts';
export * from './json.ts';
export * from './name.ts';
// HTTP and TLS take 50 ms to load: what makes requests imports `#kernel/outbound`, and threads do without.
export type * from './outbound.ts';
export * from './page.ts';
export * from './problem.ts';
export * from './reply-note.ts';
export * from './system-cause.ts';
export * from './timely-body.ts';
export * from './vault.ts';
export * from './window-counts.ts';
