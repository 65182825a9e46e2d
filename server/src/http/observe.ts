import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { notesOf } from '#kernel';
import type { LogFields, Logger } from './logger.ts';
import { createRequestStats, type RequestStats, type RouteStats } from './request-stats.ts';
import type { Tracing } from './tracing.ts';

/** Route of requests that no route takes, and of those that could not be read as a request. */
const NO_ROUTE = '(none)';
const UNREADABLE_ROUTE = '(unreadable)';

export type Observer = {
  readonly stats: RequestStats;
  /** The reply to a request that no route takes is out. */
  unrouted(request: FastifyRequest, reply: FastifyReply): void;
  /** What could not be read as a request. */
  unreadable(id: string, status: number, cause: string): void;
};

/** Counts every reply of a server by route, and logs it: refusals at `info`, faults at `error`, the rest at `debug`. */
export function observeRequests(
  server: FastifyInstance,
  logger: Logger,
  tracing?: Pick<Tracing, 'record'>,
): Observer {
  const stats = createRequestStats();
  const nowhere = stats.route('other', NO_ROUTE);
  const unread = stats.route('other', UNREADABLE_ROUTE);

  function observe(seen: RouteStats, request: FastifyRequest, reply: FastifyReply): void {
    const status = reply.raw.statusCode;
    const ms = reply.elapsedTime;
    seen.add(status, ms);
    if (tracing) trace(seen, request, reply, ms);
    if (status >= 400) refused(seen, request, reply, ms);
    else if (logger.debugs) logger.debug('request', factsOf(seen, request, reply, ms));
  }

  function trace({ route }: RouteStats, request: FastifyRequest, reply: FastifyReply, ms: number): void {
    const { traceparent } = request.headers;
    tracing?.record({
      id: request.id,
      method: request.method,
      route,
      status: reply.raw.statusCode,
      ms,
      ...notesOf(reply),
      parent: typeof traceparent === 'string' ? traceparent : undefined,
    });
  }

  function refused(seen: RouteStats, request: FastifyRequest, reply: FastifyReply, ms: number): void {
    const facts = factsOf(seen, request, reply, ms);
    const cause = notesOf(reply).cause ?? `status-${reply.raw.statusCode}`;
    seen.refuse(cause);
    if (reply.raw.statusCode >= 500) logger.error('request failed', { ...facts, cause });
    else logger.info('request refused', { ...facts, cause });
  }

  // Each route's hook knows its own statistics: nothing is looked up when a reply is out.
  server.addHook('onRoute', (options) => {
    const { streams } = (options.config ?? {}) as { streams?: boolean };
    const seen = stats.route(options.method, options.url, streams);
    options.onResponse = [
      ...[options.onResponse ?? []].flat(),
      (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
        observe(seen, request, reply);
        done();
      },
    ];
  });
  return {
    stats,
    unrouted: (request, reply) => observe(nowhere, request, reply),
    unreadable(id, status, cause) {
      unread.add(status, 0);
      unread.refuse(cause);
      logger.info('request refused', { request: id, route: UNREADABLE_ROUTE, status, cause });
    },
  };
}

/** A line holds the route's pattern and never the address, which holds names and what was searched for. */
function factsOf(seen: RouteStats, request: FastifyRequest, reply: FastifyReply, ms: number): LogFields {
  return {
    request: request.id,
    method: request.method,
    route: seen.route,
    app: notesOf(reply).app,
    status: reply.raw.statusCode,
    ms: Math.round(ms * 10) / 10,
  };
}
