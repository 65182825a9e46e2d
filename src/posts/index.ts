export type * from './change.ts';
export * from './person.ts';
export type * from './post.ts';
export type * from './store.ts';
