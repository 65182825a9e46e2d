const HIDDEN = '[redacted]';

/**
 * What our own secrets look like: bearers by their prefix, the others as an unbroken run of 40 or more of base64url's
 * letters. Digests look the same; a log line can do without one.
 */
const SECRET = /parley_[A-Za-z0-9_-]{8,}|[A-Za-z0-9_-]{40,}/g;
/** User, password, query and fragment of an address: they may hold tokens, names and words that a person searched for. */
const ADDRESS = /\b([a-z][a-z0-9+.-]{1,20}:\/\/)(?:[^\s/?#"'<>]*@)?([^\s?#"'<>]*)(?:[?#][^\s"'<>]*)?/gi;
/** Query strings of addresses without a host. */
const QUERY = /(\/[^\s?#"'<>]*)\?[^\s"'<>]+/g;
/** V8 quotes what it could not parse: a piece of a body. */
const PARSED = /Unexpected token [\s\S]{1,160}? is not valid JSON/g;
const CREDENTIALS = /\b(basic|bearer|oauth)\s+[A-Za-z0-9+/=_.~%",-]{8,}/gi;

/** Free text as it may stand in a log: without secrets, values of queries and pieces of bodies. */
export function redacted(text: string): string {
  return text
    .replace(PARSED, 'not valid JSON')
    .replace(CREDENTIALS, `$1 ${HIDDEN}`)
    .replace(ADDRESS, '$1$2')
    .replace(QUERY, '$1')
    .replace(SECRET, HIDDEN);
}
