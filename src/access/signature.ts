import { createHmac } from 'node:crypto';
import type { SignedRequest } from './person-port.ts';
import { sameText } from './secret.ts';

/** What of a request is looked at; a request line of Parley's is shorter, a form that is signed too. */
const PARAMETERS_MAX = 1_000;
const TEXT_LENGTH_MAX = 64 << 10;

/** RFC 5849, 3.6: UTF-8, everything but unreserved characters as %XX in upper case. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

type Parameter = readonly [name: string, value: string];

/** A query or a form as its parameters, decoded (`+` is a blank); undefined for what is not UTF-8 in percent-encoding. */
export function decodeForm(text: string): Parameter[] | undefined {
  if (text === '') return [];
  if (text.length > TEXT_LENGTH_MAX) return undefined;
  const parts = text.split('&').filter((part) => part !== '');
  if (parts.length > PARAMETERS_MAX) return undefined;
  try {
    return parts.map((part) => {
      const at = part.indexOf('=');
      const decode = (half: string) => decodeURIComponent(half.replaceAll('+', ' '));
      return at < 0 ? [decode(part), ''] : [decode(part.slice(0, at)), decode(part.slice(at + 1))];
    });
  } catch {
    return undefined;
  }
}

/** `Authorization: OAuth a="b", c="d"` (RFC 5849, 3.5.1); undefined for any other text. */
export function parseAuthorization(header: string): Parameter[] | undefined {
  if (!/^oauth[ \t]/i.test(header) || header.length > TEXT_LENGTH_MAX) return undefined;
  const parameters: Parameter[] = [];
  for (const part of header.slice(6).split(',')) {
    const match = /^\s*([^=\s"]+)\s*=\s*"([^"]*)"\s*$/.exec(part);
    if (!match) {
      if (part.trim() === '') continue;
      return undefined;
    }
    try {
      parameters.push([decodeURIComponent(match[1]!), decodeURIComponent(match[2]!)]);
    } catch {
      return undefined;
    }
  }
  return parameters;
}

/** RFC 5849, 3.4.1.2: scheme and host in lower case, default ports left out, the path as it was sent. */
function baseUri(url: string): { base: string; query: string } | undefined {
  const match = /^(https?):\/\/([^/?#]+)([^?#]*)(?:\?([^#]*))?/i.exec(url);
  if (!match) return undefined;
  const scheme = match[1]!.toLowerCase();
  const host = match[2]!.toLowerCase().replace(scheme === 'https' ? /:443$/ : /:80$/, '');
  return { base: `${scheme}://${host}${match[3] || '/'}`, query: match[4] ?? '' };
}

/** The signature base string of RFC 5849, 3.4.1; undefined for what cannot be read. */
export function signatureBase(request: SignedRequest): string | undefined {
  const uri = baseUri(request.url);
  const header = parseAuthorization(request.authorization);
  const query = uri && decodeForm(uri.query);
  const form = decodeForm(request.form ?? '');
  if (!uri || !header || !query || !form) return undefined;
  // twitter-api-v2 repeats the header's token in the form and signs it once.
  const isRepeated = ([name, value]: Parameter) =>
    name.startsWith('oauth_') && header.some(([other, own]) => other === name && own === value);
  const rest = [...query, ...form].filter((parameter) => !isRepeated(parameter));
  const encoded = [...rest, ...header]
    .filter(([name]) => name !== 'oauth_signature' && name !== 'realm')
    .map(([name, value]) => [percentEncode(name), percentEncode(value)] as const)
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0));
  const normalised = encoded.map(([name, value]) => `${name}=${value}`).join('&');
  return `${request.method.toUpperCase()}&${percentEncode(uri.base)}&${percentEncode(normalised)}`;
}

/** RFC 5849, 3.4.2; HMAC-SHA256 is the same with another hash. PLAINTEXT would show the secrets, so it is none of these. */
const HASHES: Readonly<Record<string, string>> = { 'HMAC-SHA1': 'sha1', 'HMAC-SHA256': 'sha256' };

export function sign(base: string, method: string, consumerSecret: string, tokenSecret: string): string {
  const key = `${percentEncode(consumerSecret)}&${percentEncode(tokenSecret)}`;
  return createHmac(HASHES[method] ?? 'sha1', key)
    .update(base)
    .digest('base64');
}

/** What a signed request says of itself. */
export type Protocol = {
  consumerKey: string;
  /** Empty for none. */
  token: string;
  method: string;
  signature: string;
  timestamp: number;
  nonce: string;
  /** The other parameters of the header, decoded: `oauth_callback`, `oauth_verifier`. */
  rest: ReadonlyMap<string, string>;
};

const NONCE_LENGTH_MAX = 256;

/**
 * The protocol parameters, each at most once and from the header alone; undefined for what is incomplete, doubled or of
 * another version. What a query or form says otherwise is refused too: which one was meant cannot be known.
 */
export function protocolOf(request: SignedRequest): Protocol | undefined {
  const header = parseAuthorization(request.authorization);
  const at = request.url.indexOf('?');
  const others = [
    ...(decodeForm(at < 0 ? '' : (request.url.slice(at + 1).split('#')[0] ?? '')) ?? []),
    ...(decodeForm(request.form ?? '') ?? []),
  ];
  if (!header) return undefined;
  const names = new Map<string, string>();
  for (const [name, value] of header) {
    if (names.has(name)) return undefined;
    names.set(name, value);
  }
  for (const [name, value] of others) {
    if (!name.startsWith('oauth_')) continue;
    if (names.has(name) ? names.get(name) !== value : !FREE_TO_MOVE.has(name)) return undefined;
  }
  const consumerKey = names.get('oauth_consumer_key');
  const method = names.get('oauth_signature_method') ?? '';
  const signature = names.get('oauth_signature');
  const timestamp = names.get('oauth_timestamp') ?? '';
  const nonce = names.get('oauth_nonce');
  if (!consumerKey || !signature || !nonce || nonce.length > NONCE_LENGTH_MAX) return undefined;
  if (!Object.hasOwn(HASHES, method) || !/^[1-9]\d{0,11}$/.test(timestamp)) return undefined;
  if ((names.get('oauth_version') ?? '1.0') !== '1.0') return undefined;
  return {
    consumerKey,
    token: names.get('oauth_token') ?? '',
    method,
    signature,
    timestamp: Number(timestamp),
    nonce,
    rest: names,
  };
}

/** Clients send these in a query or a form as well. */
const FREE_TO_MOVE: ReadonlySet<string> = new Set(['oauth_callback', 'oauth_verifier']);

/** True when the signature is that of these secrets. */
export function isSigned(
  request: SignedRequest,
  protocol: Protocol,
  secrets: { consumer: string; token: string },
): boolean {
  const base = signatureBase(request);
  if (base === undefined) return false;
  return sameText(sign(base, protocol.method, secrets.consumer, secrets.token), protocol.signature);
}
