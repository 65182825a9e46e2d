import { decodePage, encodePage, isId } from '#kernel';
import { invalid, invalidRequest } from './invalid.ts';
import type { Parameters } from './parameter.ts';

/** Both names of a page token are taken on every page: twarc sends `next_token` wherever it does not know better. */
export const TOKEN_PARAMETERS = {
  nextToken: {
    name: 'next_token',
    kind: 'token',
    about: 'The `next_token`, or the `previous_token` where there is one, of another page.',
  },
  paginationToken: { name: 'pagination_token', kind: 'token', about: 'The same as `next_token`.' },
} as const satisfies Parameters;

export type GivenToken = { nextToken?: string; paginationToken?: string };

/** The one token that was given, under either name, and the name. */
export function tokenOf(values: GivenToken): {
  name: string;
  token?: string;
} {
  const { nextToken, paginationToken } = values;
  if (nextToken !== undefined && paginationToken !== undefined && nextToken !== paginationToken) {
    const message =
      "Invalid use of 'next_token' and 'pagination_token': they are one parameter under two names.";
    throw invalidRequest([
      { parameters: { next_token: [nextToken], pagination_token: [paginationToken] }, message },
    ]);
  }
  return nextToken !== undefined
    ? { name: 'next_token', token: nextToken }
    : { name: 'pagination_token', token: paginationToken };
}

/** A token that decodes but says what we never wrote. */
export function foreignToken(name: string, token: string): never {
  const shown = token.slice(0, 64);
  const message = `Invalid '${name}':'${shown}'. Use the token from the page before, with the same parameters.`;
  throw invalidRequest([invalid(name, [shown], message)]);
}

/** Where a page of search begins. */
export type SearchPlace =
  /** Below an id: recency only. */
  | { at: 'id'; beforeId: string }
  /** Where the index stopped, less the first ones of that page that were delivered already. */
  | { at: 'index'; after?: string; skip: number };

export function writeSearchPlace(kind: string, place: SearchPlace): string {
  return place.at === 'id'
    ? encodePage(kind, ['b', place.beforeId])
    : encodePage(kind, ['a', place.after ?? '', place.skip]);
}

/** @param kind names the operation, so that one endpoint's token is refused by another. */
export function readSearchPlace(kind: string, name: string, token: string): SearchPlace {
  const [at, first, skip] = decodePage(kind, token, name);
  if (at === 'b' && typeof first === 'string' && isId(first)) return { at: 'id', beforeId: first };
  if (at === 'a' && typeof first === 'string' && typeof skip === 'number' && skip >= 0 && skip <= 500) {
    return { at: 'index', after: first === '' ? undefined : first, skip };
  }
  return foreignToken(name, token);
}

/** Where a page of a timeline begins: below an id, or above one; `passed` items lie on the pages before it. */
export type TimelinePlace = { toward: 'older' | 'newer'; id: string; passed: number };

export function writeTimelinePlace(kind: string, { toward, id, passed }: TimelinePlace): string {
  return encodePage(kind, [toward === 'older' ? 'o' : 'n', id, passed]);
}

export function readTimelinePlace(kind: string, values: GivenToken): TimelinePlace | undefined {
  const { name, token } = tokenOf(values);
  if (token === undefined) return undefined;
  const [toward, id, passed] = decodePage(kind, token, name);
  const isPlace = (toward === 'o' || toward === 'n') && typeof id === 'string' && isId(id);
  if (!isPlace || typeof passed !== 'number' || passed < 0) return foreignToken(name, token);
  return { toward: toward === 'o' ? 'older' : 'newer', id, passed };
}
