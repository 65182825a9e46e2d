export * from './address-range.ts';
export * from './clock.ts';
export * from './file.ts';
export * from './id.ts';
export * from './outbound.ts';
export * from './page.ts';
export * from './problem.ts';
export * from './vault.ts';
