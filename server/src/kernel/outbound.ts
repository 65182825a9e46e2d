import { lookup as systemLookup } from 'node:dns/promises';
import http, { type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { type AddressRanges, isPublicAddress, rangesOf } from './address-range.ts';
import { type Address, byTenant, type Lookup } from './tenant-lookup.ts';

/** Long enough for a slow peer on another continent, short enough that nobody is held up for long. */
const TIMEOUT_MS = 10_000;
/** Enough for any answer that a machine gives another one. */
const ANSWER_BYTES_MAX = 1 << 20;
const ANSWER_HEAD_BYTES_MAX = 16 << 10;
const URL_LENGTH_MAX = 2_048;
/** All of a name's addresses are checked; this many are tried. */
const ADDRESSES_TRIED_MAX = 8;
/**
 * Look-ups of names take threads of a pool of 4 that the disk needs too, and a hostile name server can hold each for
 * many seconds. Two for what strangers name and one for the operator's backend leave one free in the worst case.
 */
const LOOKUPS_AT_ONCE = 2;
/** Below this, only HTTPS's own port: what else listens there speaks no HTTP. */
const FREE_PORTS_FROM = 1_024;

export type OutboundRequest = {
  url: string;
  /** GET unless said. */
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
  /** For the whole exchange, from looking the name up to the answer's last byte; 10 s unless said. */
  timeoutMs?: number;
  /** Longer answers are cut off; 1 MiB unless said. */
  answerBytesMax?: number;
  signal?: AbortSignal;
  /** For whom it is sent; look-ups of names go round the tenants, one of each at a time. One for all unless said. */
  tenant?: string;
};

/** Whatever status it has; a redirect is an answer like any other and is never followed. */
export type OutboundAnswer = { status: number; headers: Readonly<Record<string, string>>; body: Uint8Array };

/** `refused`: by this door. `aborted`: by the signal that came along. */
export type OutboundFailure =
  | 'refused'
  | 'unresolved'
  | 'unreachable'
  | 'timeout'
  | 'cut'
  | 'too-large'
  | 'aborted';

export class OutboundError extends Error {
  readonly because: OutboundFailure;
  /** False when it is certain that the other side has seen nothing of the request. */
  readonly mayHaveArrived: boolean;

  constructor(because: OutboundFailure, message: string, mayHaveArrived = false, cause?: unknown) {
    super(message, { cause });
    this.because = because;
    this.mayHaveArrived = mayHaveArrived;
  }
}

/** The one door to addresses that users name. */
export type Outbound = {
  /** Throws OutboundError and nothing else. */
  send(request: OutboundRequest): Promise<OutboundAnswer>;
  /** Throws OutboundError `refused` for an address that `send` would refuse without looking its name up. */
  check(url: string): void;
};

/**
 * @param options.allow ranges of addresses that the operator allows although they are not public: `127.0.0.0/8`. Only
 *   these are spoken to without TLS, and on any port.
 * @param options.lookup all addresses of a name; the system's resolver unless said.
 * @param options.lookupsAtOnce how many names are looked up at one moment; 2 unless said.
 * @param options.ca certificates trusted beside none of the system's (tests).
 * @throws Error for what is not a range.
 */
export function createOutbound(options: {
  allow: readonly string[];
  lookup?: Lookup;
  lookupsAtOnce?: number;
  ca?: string;
}): Outbound {
  const allowed = rangesOf(options.allow);
  const lookup = byTenant(
    options.lookup ?? ((hostname) => systemLookup(hostname, { all: true })),
    options.lookupsAtOnce ?? LOOKUPS_AT_ONCE,
  );

  async function send(request: OutboundRequest): Promise<OutboundAnswer> {
    const url = readUrl(request.url);
    const ended = endOf(request);
    try {
      const found = resolve(url, (host) => lookup(host, request.tenant ?? '', ended.signal));
      const addresses = await Promise.race([found, ended.promise]);
      checkAddresses(url, addresses, allowed);
      return await exchange(url, request, addresses, ended.promise, options.ca);
    } finally {
      ended.clear();
    }
  }

  return {
    send,
    check(text) {
      const url = readUrl(text);
      const host = hostOf(url);
      if (isIP(host)) checkAddresses(url, [{ address: host, family: isIP(host) }], allowed);
    },
  };
}

function readUrl(text: string): URL {
  const url = text.length <= URL_LENGTH_MAX ? URL.parse(text) : null;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new OutboundError(
      'refused',
      `this is not an https address of at most ${URL_LENGTH_MAX} characters`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new OutboundError('refused', 'the address names a user or a password; leave them out');
  }
  return url;
}

/** Without the brackets of IPv6 and the dot that ends a full name. The URL parser has made `0x7f.1` into `127.0.0.1`. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$|\.$/g, '');
}

async function resolve(url: URL, lookup: Lookup): Promise<readonly Address[]> {
  const host = hostOf(url);
  if (isIP(host)) return [{ address: host, family: isIP(host) }];
  let addresses: readonly Address[] = [];
  let cause: unknown;
  try {
    addresses = await lookup(host);
  } catch (error) {
    cause = error;
  }
  if (addresses.length === 0) throw new OutboundError('unresolved', `${host} has no address`, false, cause);
  return addresses;
}

/** One address that is refused refuses all: a name that mixes them is up to no good. */
function checkAddresses(url: URL, addresses: readonly Address[], allowed: AddressRanges): void {
  if (addresses.every(({ address }) => allowed.has(address))) return;
  const refused = addresses.find(({ address }) => !allowed.has(address) && !isPublicAddress(address));
  if (refused) {
    throw new OutboundError('refused', `${hostOf(url)} is not at a public address (${refused.address})`);
  }
  if (url.protocol !== 'https:')
    throw new OutboundError('refused', 'the address does not begin with https://');
  if (url.port !== '' && Number(url.port) < FREE_PORTS_FROM) {
    throw new OutboundError('refused', `port ${url.port} is neither 443 nor from ${FREE_PORTS_FROM} on`);
  }
}

/** Rejects when time is up or the caller gives up. */
function endOf({ timeoutMs = TIMEOUT_MS, signal }: OutboundRequest): {
  promise: Promise<never>;
  signal: AbortSignal;
  clear(): void;
} {
  const { promise, reject } = Promise.withResolvers<never>();
  const over = new AbortController();
  // Whoever waits hears of it; without anybody it must not end the process.
  promise.catch(() => undefined);
  const end = (error: OutboundError) => {
    reject(error);
    over.abort(error);
  };
  const timer = setTimeout(
    () => end(new OutboundError('timeout', `no whole answer within ${timeoutMs} ms`)),
    timeoutMs,
  );
  const abort = () => end(new OutboundError('aborted', 'it was given up'));
  if (signal?.aborted) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  return {
    promise,
    signal: over.signal,
    clear() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    },
  };
}

/** One request on a connection of its own to one of the checked addresses; SNI, certificate and Host stay the name's. */
async function exchange(
  url: URL,
  request: OutboundRequest,
  addresses: readonly Address[],
  ended: Promise<never>,
  ca: string | undefined,
): Promise<OutboundAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<OutboundAnswer>();
  const body = request.body === undefined ? undefined : Buffer.from(request.body);
  let mayHaveArrived = false;
  const fail = (because: OutboundFailure, message: string, cause?: unknown) =>
    reject(new OutboundError(because, message, mayHaveArrived, cause));
  const outgoing = open(url, {
    method: request.method ?? 'GET',
    headers: { ...request.headers, ...(body ? { 'content-length': String(body.length) } : {}) },
    lookup: pinned(addresses),
    maxHeaderSize: ANSWER_HEAD_BYTES_MAX,
    ca,
  });
  outgoing.on('socket', (socket) => {
    // Until TLS stands nothing of the request has left; without TLS the connection is enough.
    socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      mayHaveArrived = true;
    });
  });
  outgoing.on('error', (error) =>
    fail(mayHaveArrived ? 'cut' : 'unreachable', `${url.host}: ${error.message}`, error),
  );
  outgoing.on('upgrade', (_incoming, socket) => {
    socket.destroy();
    fail('cut', `${url.host} wants another protocol`);
  });
  outgoing.on('response', (incoming) => {
    collect(incoming, request.answerBytesMax ?? ANSWER_BYTES_MAX).then(resolve, (error: unknown) =>
      error instanceof OutboundError ? reject(error) : fail('cut', `${url.host} broke off its answer`, error),
    );
  });
  outgoing.end(body);
  try {
    return await Promise.race([promise, ended]);
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    throw new OutboundError(
      error.because,
      error.message,
      error.mayHaveArrived || mayHaveArrived,
      error.cause,
    );
  } finally {
    promise.catch(() => undefined);
    outgoing.on('error', () => undefined);
    outgoing.destroy();
  }
}

/** An agent of its own: no connection is kept for another request, and no proxy of the environment comes between. */
function open(url: URL, options: RequestOptions & { ca?: string }): http.ClientRequest {
  if (url.protocol === 'http:') return http.request(url, { ...options, agent: new http.Agent() });
  const host = hostOf(url);
  return https.request(url, {
    ...options,
    agent: new https.Agent({ maxCachedSessions: 0 }),
    rejectUnauthorized: true,
    servername: isIP(host) ? '' : host,
  });
}

/** A look-up that knows only what was checked, so that a name that moves meanwhile moves nothing. */
function pinned(addresses: readonly Address[]): LookupFunction {
  const tried = addresses.slice(0, ADDRESSES_TRIED_MAX).map(({ address, family }) => ({ address, family }));
  return (_hostname, { all }, done) => {
    const first = tried[0]!;
    if (all) done(null, tried);
    else done(null, first.address, first.family);
  };
}

async function collect(incoming: IncomingMessage, bytesMax: number): Promise<OutboundAnswer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of incoming as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    if (bytes > bytesMax) {
      throw new OutboundError('too-large', `the answer is longer than ${bytesMax} bytes`, true);
    }
    parts.push(part);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return { status: incoming.statusCode ?? 0, headers, body: Buffer.concat(parts) };
}
