import { decodePage, encodePage, ID_MAX, isId } from '#kernel';
import type { RelationKind } from '#posts';
import type { OperationSubject } from '../answer/subject.ts';
import type { Operation, OperationDeps } from '../operation.ts';
import type { Parameters } from '../params/parameter.ts';
import { foreignToken, type GivenToken, TOKEN_PARAMETERS, tokenOf } from '../params/token.ts';

/** Where in a listing something stands: later ones are greater, and it never moves. */
export type Placed<T> = { thing: T; place: bigint };

/**
 * Something that pages run over: relations by their places, lists and posts by their ids.
 * `read` is newest first and strictly between the bounds; with `after` alone it is those just above.
 * `see` gives what the caller may see of each, in order.
 */
export type RelationListing<T> = {
  read(bounds: { before?: bigint; after?: bigint }, limit: number): readonly { id: string; place: bigint }[];
  see(ids: readonly string[]): readonly (T | undefined)[];
};

/**
 * Where a page begins: just below a place, or just above it. `of` is whom or what the listing belongs to, `name` the
 * parameter that said so.
 */
export type RelationPlace = { toward: 'older' | 'newer'; place: bigint; of: string; name: string };

/** What an operation that pages over a relation says for itself; the rest is that of its kind of page. */
export type RelationContract = Pick<
  Operation,
  'id' | 'path' | 'tag' | 'summary' | 'about' | 'auth' | 'scopes' | 'own' | 'oauth2Only'
> & {
  of: OperationSubject;
  /** How many items a page has: X's bounds, and what it has unless told. */
  pageSize: readonly [min: number, max: number, fallback: number];
  /** @param id of what the path names. */
  list(deps: OperationDeps, id: string): RelationListing<unknown>['read'];
};

/** What a page over a relation is asked: what to show, how many, and where it begins. */
export type RelationPageQuery<Shown> = { fields: Shown; limit: number; place?: RelationPlace };

/** @param id the operation's, to which its tokens are bound. */
export function relationPageQuery<Shown>(
  id: string,
  fields: Shown,
  values: GivenToken & { maxResults: number },
): RelationPageQuery<Shown> {
  return { fields, limit: values.maxResults, place: readRelationPlace(id, values) };
}

/** What stands at the other end of a relation, as a listing reads it: what came last first. */
export function related(
  { relations }: OperationDeps,
  kind: RelationKind,
  end: { from: string } | { to: string },
): RelationListing<unknown>['read'] {
  return (bounds, limit) => relations.related(kind, end, { ...bounds, limit });
}

/** What a page may look at. Beyond it the page is short and its token goes on, so that nobody holds up the others. */
const SCANNED_MAX = 2_000;

export function pageParameters<const Min extends number, const Max extends number>(
  min: Min,
  max: Max,
  fallback: number,
) {
  return {
    maxResults: {
      name: 'max_results',
      kind: 'integer',
      min,
      max,
      fallback,
      about: 'Items on a page at most.',
    },
    ...TOKEN_PARAMETERS,
  } as const satisfies Parameters;
}

/** @param kind the operation's id, so that one endpoint's token is refused by another. */
export function readRelationPlace(kind: string, values: GivenToken): RelationPlace | undefined {
  const { name, token } = tokenOf(values);
  if (token === undefined) return undefined;
  const [toward, place, of] = decodePage(kind, token, name);
  const isPlace = (toward === 'o' || toward === 'n') && typeof place === 'string' && isId(place);
  if (!isPlace || typeof of !== 'string' || !isId(of)) return foreignToken(name, token);
  return { toward: toward === 'o' ? 'older' : 'newer', place: BigInt(place), of, name };
}

function writeRelationPlace(kind: string, { toward, place, of }: Omit<RelationPlace, 'name'>): string {
  return encodePage(kind, [toward === 'older' ? 'o' : 'n', String(place), of]);
}

/** One page, newest first, and the tokens of its neighbours. */
export type RelationPage<T> = {
  things: T[];
  /** @param shown how many of `things` the charge left: the next page begins below the last of them. */
  tokens(shown: number): { next?: string; previous?: string };
};

/**
 * Reads a page of a listing. A token repeats its page whatever was added since, for places never move; what the caller
 * may not see leaves no gap behind, so that a page does not tell that it is there.
 * @param of whom or what the listing belongs to; a token of somebody else's is refused.
 */
export function relationPage<T>(
  kind: string,
  of: string,
  listing: RelationListing<T>,
  place: RelationPlace | undefined,
  limit: number,
): RelationPage<T> {
  if (place && place.of !== of) foreignToken(place.name, writeRelationPlace(kind, place));
  const goesBack = place?.toward === 'newer';
  const walked = walk(listing, place?.place, goesBack ? 'newer' : 'older', limit + 1);
  const found = walked.found.slice(0, limit);
  const hasMore = walked.found.length > limit || walked.stoppedAt !== undefined;
  if (goesBack) found.reverse();
  // A walk that was too long goes on where it stopped. Bounds are exclusive, so an empty page is left by its own place.
  const below = place && (place.place > 0n ? place.place - 1n : 0n);
  const above = place && (place.place < ID_MAX ? place.place + 1n : ID_MAX);
  const top = (goesBack ? walked.stoppedAt : undefined) ?? found[0]?.place ?? below;
  const bottom = (goesBack ? undefined : walked.stoppedAt) ?? found.at(-1)?.place ?? above;
  const hasNewer = goesBack ? hasMore : place !== undefined && isAny(listing, top, 'newer');
  const token = (toward: RelationPlace['toward'], at: bigint | undefined) =>
    at === undefined ? undefined : writeRelationPlace(kind, { toward, place: at, of });
  return {
    things: found.map(({ thing }) => thing),
    tokens(shown) {
      const isCut = shown < found.length;
      const last = isCut ? found[shown - 1]?.place : bottom;
      const hasOlder = isCut || (goesBack ? isAny(listing, bottom, 'older') : hasMore);
      return {
        next: hasOlder ? token('older', last) : undefined,
        previous: hasNewer ? token('newer', top) : undefined,
      };
    },
  };
}

type Walked<T> = {
  /** Nearest first. */
  found: Placed<T>[];
  /** The last place looked at, when the walk was too long. */
  stoppedAt?: bigint;
};

/** Goes one way until so many were seen. What cannot be seen is read in growing steps. */
function walk<T>(
  { read, see }: RelationListing<T>,
  start: bigint | undefined,
  toward: RelationPlace['toward'],
  wanted: number,
): Walked<T> {
  const found: Placed<T>[] = [];
  let at = start;
  let left = SCANNED_MAX;
  for (let step = wanted; left > 0; step = Math.min(2 * step, left)) {
    left -= step;
    const bounds = at === undefined ? {} : toward === 'older' ? { before: at } : { after: at };
    const batch = [...read(bounds, step)];
    if (toward === 'newer') batch.reverse();
    see(batch.map(({ id }) => id)).forEach((thing, index) => {
      if (thing !== undefined) found.push({ thing, place: batch[index]!.place });
    });
    if (found.length >= wanted) return { found: found.slice(0, wanted) };
    if (batch.length < step) return { found };
    at = batch.at(-1)!.place;
  }
  return { found, stoppedAt: at };
}

function isAny<T>(
  listing: RelationListing<T>,
  from: bigint | undefined,
  toward: RelationPlace['toward'],
): boolean {
  if (from === undefined) return false;
  const { found, stoppedAt } = walk(listing, from, toward, 1);
  return found.length > 0 || stoppedAt !== undefined;
}
