import type { IncomingHttpHeaders } from 'node:http';
import type { Dialect, Terms } from '#terms';

/** Clients that name themselves; the table says which dialect each one reads. */
const CLIENTS: readonly (readonly [name: RegExp, dialect: Dialect])[] = [
  [/^xdk-/i, 'current'],
  [/\btweepy\/|^twarc\b|^twitterdev-search-tweets/i, 'classic'],
];
/** twitter-api-v2 sends none of its own in `User-Agent`. */
const CLASSIC_BESIDE = 'Node.twitter-api-v2';

const CLASSIC_TYPE = '"type":"https://api.twitter.com/2/problems/';
const CURRENT_TYPE = '"type":"https://api.x.com/2/problems/';

/** The dialect of the client that sent a request, as far as it says what it is. */
export function clientDialect(headers: IncomingHttpHeaders): Dialect | undefined {
  const name = headers['user-agent'] ?? '';
  const known = CLIENTS.find(([pattern]) => pattern.test(name));
  if (known) return known[1];
  return headers['x-user-agent'] === CLASSIC_BESIDE ? 'classic' : undefined;
}

/** What decides the dialect of one call beside the app. */
type Shown = {
  headers: IncomingHttpHeaders;
  /** By the words of the request. */
  said: Dialect | undefined;
  keepsClassicWords?: boolean;
};

/**
 * In which dialect a call is answered: by its app's setting; with `auto` by the words of the request, then by the client's
 * name, then by what the app showed last, and classic for one that never showed any. Nothing of another app counts.
 * @param appId undefined before it is known: then the client's name alone counts.
 */
export function decideDialect(
  terms: Pick<Terms, 'dialectOf' | 'noteDialect'>,
  appId: string | undefined,
  { headers, said, keepsClassicWords = false }: Shown,
): Dialect {
  if (appId === undefined) return clientDialect(headers) ?? 'classic';
  const { setting, last } = terms.dialectOf(appId);
  if (setting !== 'auto') return setting;
  const isWeak = keepsClassicWords && said === 'classic';
  const shown = isWeak ? (clientDialect(headers) ?? said) : (said ?? clientDialect(headers));
  if (shown) terms.noteDialect(appId, shown);
  return shown ?? last ?? 'classic';
}

/**
 * JSON with the problem types of a dialect. A text in it cannot be taken for one: quotes in texts are escaped.
 * @param text written with classic ones.
 */
export function inDialect(text: string, dialect: Dialect): string {
  return dialect === 'current' ? text.replaceAll(CLASSIC_TYPE, CURRENT_TYPE) : text;
}
