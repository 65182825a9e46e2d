export type * from './change.ts';
export * from './entities.ts';
export * from './length.ts';
export * from './person.ts';
export type * from './post.ts';
export type * from './post-index.ts';
export * from './rules.ts';
export type * from './store.ts';
export * from './store-sqlite.ts';
