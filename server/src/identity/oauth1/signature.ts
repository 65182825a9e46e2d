import { createHmac } from 'node:crypto';
import { type Encoded, encodeForm } from '../form.ts';
import type { SignedRequest } from '../person-port.ts';
import { sameText } from '../secret.ts';

/** What of a header, a query or the form of a log-in is looked at; those of real clients are shorter. */
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

/**
 * RFC 5849, 3.4.1.2: scheme and host in lower case, default ports left out, the path as it was sent.
 * @param as another scheme in place of its own.
 */
function baseUri(url: string, as?: 'http'): { base: string; query: string } | undefined {
  const match = /^(https?):\/\/([^/?#]+)([^?#]*)(?:\?([^#]*))?/i.exec(url);
  if (!match) return undefined;
  const scheme = as ?? match[1]!.toLowerCase();
  const host = match[2]!.toLowerCase().replace(scheme === 'https' ? /:443$/ : /:80$/, '');
  return { base: `${scheme}://${host}${match[3] || '/'}`, query: match[4] ?? '' };
}

/** Clients send these in a query or a form as well. */
const FREE_TO_MOVE: ReadonlySet<string> = new Set(['oauth_callback', 'oauth_verifier']);

/**
 * All that is signed, in the order of RFC 5849, 3.4.1.3.2; undefined for what cannot be read. So is a query or form that
 * says of the protocol something else than the header: which one was meant cannot be known.
 */
function parametersOf(request: SignedRequest, query: string): Encoded[] | undefined {
  const header = parseAuthorization(request.authorization);
  const ofQuery = encodeForm(query);
  const ofForm = encodeForm(request.form ?? '');
  if (!header || !ofQuery || !ofForm) return undefined;
  const own = header.map(([name, value]) => [percentEncode(name), percentEncode(value)] as const);
  const signed = own.filter(([name]) => name !== 'oauth_signature' && name !== 'realm');
  const byName = new Map(own);
  const others: Encoded[] = [];
  for (const other of [...ofQuery, ...ofForm]) {
    const [name, value] = other;
    // twitter-api-v2 repeats the header's token in the form and signs it once.
    if (name.startsWith('oauth_') && byName.has(name) && byName.get(name) === value) continue;
    if (name.startsWith('oauth_') && (byName.has(name) || !FREE_TO_MOVE.has(name))) return undefined;
    others.push(other);
  }
  return [...others, ...signed].sort(([a, x], [b, y]) =>
    a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0,
  );
}

/** Characters that are encoded again at a time, so that a long text does not lie there whole once more. */
const PIECE_LENGTH = 64 << 10;

/**
 * The signature base string of RFC 5849, 3.4.1, in pieces; undefined for what cannot be read.
 * @returns it for the scheme of the request, or for the one given.
 */
export function signatureBase(request: SignedRequest): ((as?: 'http') => Iterable<string>) | undefined {
  const { method, url } = request;
  const uri = baseUri(url);
  const parameters = uri && parametersOf(request, uri.query);
  if (!parameters) return undefined;
  return function* (as) {
    yield `${method.toUpperCase()}&${percentEncode(baseUri(url, as)?.base ?? '')}&`;
    for (const [index, [name, value]] of parameters.entries()) {
      if (index > 0) yield '%26';
      yield* encodedAgain(name);
      yield '%3D';
      yield* encodedAgain(value);
    }
  };
}

/** Of what is encoded once, the percent sign alone is not unreserved. */
function* encodedAgain(encoded: string): Generator<string> {
  for (let at = 0; at < encoded.length; at += PIECE_LENGTH)
    yield encoded.slice(at, at + PIECE_LENGTH).replaceAll('%', '%25');
}

/** RFC 5849, 3.4.2; HMAC-SHA256 is the same with another hash. PLAINTEXT would show the secrets, so it is none of these. */
const HASHES: Readonly<Record<string, string>> = { 'HMAC-SHA1': 'sha1', 'HMAC-SHA256': 'sha256' };

/** @param base in pieces, as `signatureBase` makes it. */
export function sign(
  base: Iterable<string>,
  method: string,
  consumerSecret: string,
  tokenSecret: string,
): string {
  const key = `${percentEncode(consumerSecret)}&${percentEncode(tokenSecret)}`;
  const hmac = createHmac(HASHES[method] ?? 'sha1', key);
  for (const piece of base) hmac.update(piece);
  return hmac.digest('base64');
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
 * another version. Looks at no form: what that costs is for known clients (`isSigned`).
 */
export function protocolOf({ authorization }: Pick<SignedRequest, 'authorization'>): Protocol | undefined {
  const header = parseAuthorization(authorization);
  if (!header) return undefined;
  const names = new Map<string, string>();
  for (const [name, value] of header) {
    if (names.has(name)) return undefined;
    names.set(name, value);
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

/**
 * True when the signature is that of these secrets, for the address as it is or with `http:` in place of `https:`: a client
 * that was pointed at plain http signs that. The scheme proves nothing, the secrets do.
 */
export function isSigned(
  request: SignedRequest,
  protocol: Protocol,
  secrets: { consumer: string; token: string },
): boolean {
  const baseWith = signatureBase(request);
  if (!baseWith) return false;
  return ([undefined, 'http'] as const).some((as) =>
    sameText(sign(baseWith(as), protocol.method, secrets.consumer, secrets.token), protocol.signature),
  );
}
