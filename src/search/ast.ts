/** Placeholder of the query's type until the parser lands; see README.md of this room. */
export type Query = { kind: string };
