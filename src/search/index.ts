export * from './ast.ts';
export { type ParseOptions, type ParseResult, parse } from './parse.ts';
export type * from './port.ts';
export { print } from './print.ts';
export { type FoldMode, fold, tokenise } from './tokenise.ts';
