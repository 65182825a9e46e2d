import assert from 'node:assert/strict';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import type { Actions } from '#actions';
import type { Compliance } from '#compliance';
import type { OAuth2, PersonTokens } from '#identity';
import { type Clock, Problem } from '#kernel';
import type { MediaLibrary } from '#media';
import type { Messages } from '#messages';
import type { PostReader, RelationReader } from '#posts';
import type { SearchIndex } from '#search';
import type { Streams } from '#streams';
import type { Terms } from '#terms';
import type { Webhooks } from '#webhooks';
import { meteredCall, toProblem } from './call/call.ts';
import type { Callers } from './call/caller.ts';
import { watchDeadPeers } from './call/dead-peers.ts';
import type { Meter } from './call/meter.ts';
import { createRefusalBudget, type RefusalBudget } from './call/refusal-budget.ts';
import { createRequestBodies, mendContentType } from './call/request-body.ts';
import { unmatchedRequests } from './call/unmatched-requests.ts';
import { UNSUPPORTED_ENDPOINTS } from './call/unsupported-endpoints.ts';
import { registerReference } from './document/routes.ts';
import { olderOperations, operations } from './endpoints/index.ts';
import { registerTokenRoutes } from './endpoints/token.ts';
import { createJsonCache } from './present/json-cache.ts';

/** JSON of posts and persons that is kept made up: some 30,000 posts with default fields. */
const CACHE_BYTES = 32 << 20;

export type ApiDeps = {
  /** Best with a cache of its own: JSON is kept for as long as the reader gives the same object. */
  posts: PostReader & RelationReader;
  search: SearchIndex;
  streams: Streams;
  network: Pick<Actions, 'act' | 'check' | 'isAskingToFollow'>;
  messages: Messages;
  webhooks: Webhooks;
  media: MediaLibrary;
  compliance: Pick<Compliance, 'create' | 'jobs' | 'job'>;
  terms: Callers['terms'] &
    Meter['terms'] &
    Pick<Terms, 'usageDays' | 'apps' | 'issueBearer' | 'invalidateBearer'>;
  /** Persons' tokens; without them only apps' own keys are known. */
  tokens?: PersonTokens;
  /** Gives persons' tokens at `POST /2/oauth2/token`. */
  oauth2?: Pick<OAuth2, 'token'>;
  clock: Clock;
  /** Receives what went wrong here; never headers, bodies or secrets. */
  log(message: string, cause: unknown): void;
  /** What addresses in answers begin with. */
  baseOf(request: FastifyRequest): string;
  /** Counts refused bodies; with a budget of its own unless said. */
  refusals?: RefusalBudget;
  /** Bound of the JSON kept; default 32 MiB. */
  cacheBytes?: number;
};

/** Forms whose signature covers them, all together: each at most 8 MiB, read before anybody is known. */
const STRANGERS_BYTES_MAX = 64 << 20;

const NO_TOKENS: PersonTokens = {
  byBearer: () => undefined,
  endOf: () => undefined,
  bySignature: () => undefined,
  claims: () => undefined,
};

/** All methods that Fastify routes; HEAD is no endpoint's, for a metered answer without its body helps nobody. */
const METHODS: HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];

/**
 * Registers X API v2's reading core, the log-in of apps, the OpenAPI document and its page.
 * @returns answers a request under /2 that never reaches a route, with rate headers as everywhere.
 */
export function registerApi(
  server: FastifyInstance,
  deps: ApiDeps,
): (request: FastifyRequest, reply: FastifyReply, problem: Problem) => void {
  const { terms, clock, log } = deps;
  const world = {
    jsonCache: createJsonCache(
      deps.posts,
      {
        now: clock.now,
        mayWrite: deps.messages.mayWrite,
        isAskingToFollow: deps.network.isAskingToFollow,
      },
      deps.cacheBytes ?? CACHE_BYTES,
    ),
    relations: deps.posts,
    search: deps.search,
    streams: deps.streams,
    network: deps.network,
    messages: deps.messages,
    webhooks: deps.webhooks,
    media: deps.media,
    compliance: deps.compliance,
    terms,
    clock,
  };
  const callers = { terms, tokens: deps.tokens ?? NO_TOKENS };
  const peers = watchDeadPeers();
  const strangers = createRequestBodies(STRANGERS_BYTES_MAX);
  const { baseOf } = deps;
  const refusals = deps.refusals ?? createRefusalBudget();
  const meter = { terms, callers, intake: createRequestBodies(), strangers, refusals, peers, baseOf, log };
  const refuse = unmatchedRequests(callers, clock);

  server.register(async (scope) => {
    scope.setErrorHandler((error: FastifyError, request, reply) =>
      refuse(request, reply, ofFastify(error, log)),
    );
    scope.addHook('preClose', async () => {
      deps.streams.stop();
      peers.close();
    });
    // The metered call reads bodies, once it knows who sends them.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _body, done) => done(null));
    const taken = new Map<string, { url: string; methods: HTTPMethods[] }>();
    for (const { path, what } of UNSUPPORTED_ENDPOINTS) {
      const detail = `This platform does not offer ${what} through its API: what it offers is listed at /docs.`;
      scope.route({
        method: METHODS,
        url: urlOf(path),
        onRequest: async (request, reply) => {
          refuse(request, reply, new Problem('not-found', { detail }));
          return reply;
        },
        handler: (_request, reply) => reply,
      });
    }
    for (const operation of [...operations, ...olderOperations]) {
      assert(
        !operation.auth.includes('person') || operation.scopes?.length,
        `${operation.id} takes persons' tokens and names no scope`,
      );
      const url = urlOf(operation.path);
      const method = operation.method ?? 'GET';
      // Two operations may call the same place of a path differently.
      const shape = operation.path.replace(/\{\w+\}/g, ':');
      const methods = taken.get(shape)?.methods ?? [];
      taken.set(shape, { url, methods: [...methods, method] });
      scope.route({
        method,
        url,
        exposeHeadRoute: false,
        config: { streams: operation.opens !== undefined } as object,
        handler: meteredCall(operation, world, meter),
        ...(operation.raw || operation.body !== undefined ? { onRequest: withContentType } : {}),
      });
    }
    for (const { url, methods } of taken.values()) {
      scope.route({
        method: METHODS.filter((method) => !methods.includes(method)),
        url,
        // Before any body is read.
        onRequest: async (request, reply) => {
          refuse(
            request,
            reply,
            new Problem('method-not-allowed', {}, { headers: { allow: methods.join(', ') } }),
          );
          return reply;
        },
        handler: (_request, reply) => reply,
      });
    }
  });

  server.register(
    async (scope) => {
      scope.addHook('onRequest', async (request, reply) => {
        refuse(request, reply, new Problem('not-found'));
        return reply;
      });
      scope.setNotFoundHandler((_request, reply) => reply);
    },
    { prefix: '/2' },
  );

  registerTokenRoutes(server, { terms, oauth2: deps.oauth2, clock });
  registerReference(server, operations);
  return refuse;
}

function withContentType(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  mendContentType(request);
  done();
}

/** `{id}` as the router has it, `:id`. */
function urlOf(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

/** Fastify's own refusals (a broken path or header) are mistakes of the request. */
function ofFastify(error: FastifyError, log: ApiDeps['log']): Problem {
  const { statusCode } = error;
  if (statusCode === 413) return new Problem('body-too-large');
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500
    ? new Problem('body-invalid')
    : toProblem(error, log, 'api');
}
