import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { noteRefusal, Problem, type ProblemCode, problems } from '#kernel';
import { createLogger, type Logger } from './logger.ts';
import { type Observer, observeRequests } from './observe.ts';
import { REQUEST_ID_HEADER, requestIds } from './request-id.ts';
import type { RequestStats } from './request-stats.ts';
import { TLS_HANDSHAKE_MS, TLS_VERSION_MIN, type TlsPair } from './tls.ts';
import type { Tracing } from './tracing.ts';

/** Bodies above this are refused before they are read; push takes its own larger limit on its route. */
const BODY_BYTES_MAX = 1 << 20;
/** A query of 4,096 characters, the longest that a plan allows, is at most 48 KiB of percent-encoding. */
const HEAD_BYTES_MAX = 64 << 10;
/** A connection that has not sent its headers by then is closed: half-open connections cost nothing for long. */
const HEADERS_TIMEOUT_MS = 20_000;
const REQUEST_TIMEOUT_MS = 120_000;
/** How often both are asked; Node's own half a minute would more than double the first. */
const TIMEOUTS_CHECK_MS = 2_000;
const KEEP_ALIVE_MS = 65_000;
const CONNECTIONS_MAX = 20_000;
/** Calls end within milliseconds. Whoever has not sent or taken theirs by then would only hold up the stop. */
const CLOSE_GRACE_MS = 3_000;
const CLOSE_CHECK_MS = 50;
/** Who was answered and goes on sending a body gets this long to read the answer; Node would take it all in. */
const UNREAD_BODY_MS = 1_000;

/** What a bearer or a key in the Authorization header says; undefined without one. */
export function bearerOf(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization;
  return header && /^bearer /i.test(header) ? header.slice(7).trim() : undefined;
}

/** RFC 3986, 3.2.2 and 3.2.3, without user names: a name or an address, and a port. */
const HOST = /^(?:[a-z0-9._~-]{1,255}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/** Listening addresses that nobody can call: any of the machine's own. */
const WILDCARD = /^https?:\/\/(?:0\.0\.0\.0|\[::\]):/;
const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

/** What a request says of how it came. */
export type Reached = Pick<FastifyRequest, 'protocol' | 'host'> & {
  socket: { remoteAddress?: string; localAddress?: string; localPort?: number };
  headers: Readonly<Record<string, string | string[] | undefined>>;
};

/**
 * What addresses in answers begin with: what the operator said; else the host that a trusted proxy named, as far as it is one;
 * else our own address, by which the connection came. The Host header is the caller's word: whoever forges it (or lets another
 * one's browser or cache send it) would have addresses with secrets in them lead elsewhere.
 * @param own our listening address, `http://127.0.0.1:8080`.
 * @param isProxy whether a peer is one of the operator's proxies.
 */
export function reachedBy(
  { protocol, host, socket, headers }: Reached,
  { publicUrl, own, isProxy }: { publicUrl?: string; own: string; isProxy(address: string): boolean },
): string {
  if (publicUrl !== undefined) return publicUrl;
  const { remoteAddress = '', localAddress, localPort } = socket;
  const isForwarded = headers['x-forwarded-host'] !== undefined && isProxy(remoteAddress);
  if (isForwarded && HOST.test(host)) return `${protocol}://${host}`;
  if (localAddress === undefined) return own;
  if (LOOPBACK.test(localAddress) && host === `localhost:${localPort}`) return `${protocol}://${host}`;
  if (!WILDCARD.test(own)) return own;
  const address = localAddress.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');
  return `${protocol}://${address.includes(':') ? `[${address}]` : address}:${localPort}`;
}

/** Who answers a request under /2 whose path cannot be read: set once the API is registered. */
export type Unreadable = {
  answer?: (request: FastifyRequest, reply: FastifyReply, problem: Problem) => void;
};

/** Our own addresses with a token in them; the API reads its query strings itself. */
const QUERY_LENGTH_MAX = 2_048;

/** The query string as routes outside the API see it. Fastify parses it for every request, and some are 60 KiB. */
function shortQuery(text: string): Record<string, string | string[]> {
  if (text.length > QUERY_LENGTH_MAX) return {};
  const query: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    const former = query[name];
    query[name] = former === undefined ? value : [former, value].flat();
  }
  return query;
}

/**
 * What stands around the server: its certificate, proxies whose word about a request counts, the log of requests
 * and their traces (none unless given).
 */
export type RequestScope = {
  tls?: TlsPair;
  trustProxy?: readonly string[];
  logger?: Logger;
  tracing?: Tracing;
};

export type Server = FastifyInstance & { stats: RequestStats };

/**
 * A Fastify that knows the error catalogue: a Problem becomes its reply, Fastify's own refusals become Problems,
 * and anything else is logged and answered with `internal`.
 * @param log receives what went wrong here; never headers, bodies or secrets.
 */
export function createServer(
  log: (message: string, cause: unknown) => void,
  unreadable: Unreadable = {},
  {
    tls,
    trustProxy = [],
    tracing,
    logger = createLogger({ level: 'silent', format: 'json' }),
  }: RequestScope = {},
): Server {
  const nextId = requestIds();
  let observer: Observer | undefined;
  const limits = {
    maxHeaderSize: HEAD_BYTES_MAX,
    connectionsCheckingInterval: TIMEOUTS_CHECK_MS,
    // Node's own refusal would have no body, no id and no line in the log: ours is below.
    requireHostHeader: false,
  };
  const server = Fastify({
    bodyLimit: BODY_BYTES_MAX,
    ...(tls
      ? { https: { ...tls, minVersion: TLS_VERSION_MIN, handshakeTimeout: TLS_HANDSHAKE_MS, ...limits } }
      : { http: limits }),
    ...(trustProxy.length > 0 && { trustProxy: [...trustProxy] }),
    clientErrorHandler: (error, socket) =>
      refuseUnreadable(error, socket, nextId(), (...refusal) => observer?.unreadable(...refusal)),
    genReqId: nextId,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    routerOptions: { maxParamLength: 300, ignoreTrailingSlash: false, querystringParser: shortQuery },
    logger: false,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => {
      const problem = toProblem(error, log);
      noteRefusal(reply, problem);
      const seen = observer;
      reply.raw.once('finish', () => seen?.unrouted(request as FastifyRequest, reply as FastifyReply));
      if (request.url.startsWith('/2/') && unreadable.answer) {
        unreadable.answer(request as FastifyRequest, reply as FastifyReply, problem);
        return;
      }
      (reply as FastifyReply)
        .code(problem.status)
        .header(REQUEST_ID_HEADER, request.id)
        .type('application/json; charset=utf-8')
        .send(problem.body());
    },
  });
  observer = observeRequests(server, logger, tracing);
  // Modules say what bodies they take and how much of them. Fastify's own parser would read a mebibyte of JSON for anybody,
  // before a route has looked who asks, and for addresses that are not there.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, _body, done) => done(null));
  server.server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.server.maxConnections = CONNECTIONS_MAX;
  for (const event of ['connection', 'secureConnection'] as const) server.server.on(event, rememberPeer);
  // Node answers an Expect that is not 100-continue past all routes, with a bare 417; RFC 9110 (10.1.1) lets it be ignored.
  server.server.on('checkExpectation', (message, response) => server.routing(message, response));
  server.addHook('onRequest', (request, _reply, done) => done(refusalOfHead(request.raw)));
  // One hook for both: each costs on every reply.
  server.addHook('onResponse', (request, reply, done) => {
    closeUnread(request.raw);
    if (request.is404) observer?.unrouted(request, reply);
    done();
  });
  // Replies that are written past Fastify name it themselves.
  server.addHook('onSend', (request, reply, _payload, done) => {
    reply.header(REQUEST_ID_HEADER, request.id);
    done();
  });
  server.addHook('preClose', (done) => {
    endConnections(server.server);
    done();
  });
  server.setErrorHandler((error: FastifyError, _request, reply) => {
    const problem = toProblem(error, log);
    noteRefusal(reply, problem);
    reply
      .code(problem.status)
      .headers(problem.headers)
      .type('application/json; charset=utf-8')
      .send(problem.body());
  });
  server.setNotFoundHandler((_request, reply) => {
    const problem = new Problem('not-found');
    noteRefusal(reply, problem);
    reply.code(problem.status).type('application/json; charset=utf-8').send(problem.body());
  });
  return Object.assign(server, { stats: observer.stats });
}

/**
 * Node forgets the address of a peer that is gone, unless it was asked for before: with it every request knows its own,
 * whatever becomes of the connection meanwhile. A peer that was gone before has nobody who could read an answer.
 */
function rememberPeer(socket: Socket): void {
  if (socket.remoteAddress === undefined) socket.destroy();
}

/**
 * Node takes the first of two Host or Authorization headers, a proxy before it may have looked at the second: neither is
 * then what the caller is known by. Without a Host header a request is no HTTP/1.1 (RFC 9112, 3.2).
 */
function refusalOfHead({ rawHeaders, httpVersion, headers }: IncomingMessage): Problem | undefined {
  if (headers.host === undefined && httpVersion === '1.1') return new Problem('request-unreadable');
  let hosts = 0;
  let authorizations = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
    else if (name.length === 13 && name.toLowerCase() === 'authorization') authorizations += 1;
  }
  return hosts > 1 || authorizations > 1 ? new Problem('request-unreadable') : undefined;
}

/** Closes the connection of a request whose body still comes a while after its answer: nobody reads it. */
function closeUnread(message: IncomingMessage): void {
  // Undefined for a request that no socket brought (Fastify's inject).
  if (message.complete !== false) return;
  const timer = setTimeout(() => {
    if (!message.complete) message.socket.destroy();
  }, UNREAD_BODY_MS);
  message.once('close', () => clearTimeout(timer));
}

const UNREADABLE: Record<string, ProblemCode> = {
  HPE_HEADER_OVERFLOW: 'head-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

/** Answers what Node could not read as a request, and so no route and no hook ever sees. */
function refuseUnreadable(
  error: NodeJS.ErrnoException,
  socket: Socket,
  id: string,
  tell: Observer['unreadable'],
): void {
  if (socket.writable && error.code !== 'ECONNRESET') {
    const problem = new Problem(UNREADABLE[error.code ?? ''] ?? 'request-unreadable');
    const body = JSON.stringify(problem.body());
    const head = [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
      `${REQUEST_ID_HEADER}: ${id}`,
    ];
    tell(id, problem.status, problem.code);
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  }
  socket.destroy(error);
}

/** Node ends only the connections that are idle when the close begins: the others keep alive, or never send the rest. */
function endConnections(server: FastifyInstance['server']): void {
  if (!server.listening) return;
  const idle = setInterval(() => server.closeIdleConnections(), CLOSE_CHECK_MS);
  const rest = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
  server.once('close', () => {
    clearInterval(idle);
    clearTimeout(rest);
  });
}

function toProblem(error: FastifyError | Error, log: (message: string, cause: unknown) => void): Problem {
  if (error instanceof Problem) {
    if (error.isLogged) log(error.message, error.cause ?? error);
    return error;
  }
  const status = 'statusCode' in error ? error.statusCode : undefined;
  if (status === 413) return new Problem('body-too-large');
  if ('code' in error && error.code === 'FST_ERR_BAD_URL')
    return new Problem('invalid-request', { detail: 'The path is not percent-encoded UTF-8.' });
  if (status !== undefined && status >= 400 && status < 500)
    return new Problem('body-invalid', { detail: plainReason(error) });
  log('unexpected error', error);
  return new Problem('internal', {}, { cause: error });
}

/** Fastify's own 4xx messages name no value of the request; anything else gets the catalogue's words. */
function plainReason(error: Error): string {
  return 'code' in error && String(error.code).startsWith('FST_')
    ? error.message
    : problems['body-invalid'].detail;
}
