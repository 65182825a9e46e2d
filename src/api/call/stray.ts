import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Clock, noteApp, Problem } from '#kernel';
import type { RateState } from '#terms';
import { type Callers, foreignKind, identify, isRefused } from './caller.ts';
import { clientDialect, decideDialect } from './dialect.ts';
import { sendProblem } from './reply.ts';

/** Requests of one app and quarter hour that name no endpoint: enough for a client that probes, no more. */
const STRAYS_MAX = 300;
const WINDOW_MS = 900_000;
/** What no endpoint takes would have been taken from anybody with a key. */
const EVERY_KIND = { id: '', auth: ['app', 'person'] } as const;

/**
 * Answers requests that meet no endpoint, or one with another method: 401 without a key, as everywhere, else the
 * problem given. They have a window of their own, so that these replies too carry rate headers and are bounded.
 */
export function strayRequests(callers: Callers, clock: Clock) {
  let quarter = 0;
  let counts = new Map<string, number>();

  function take(appId: string, now: number): RateState & { allowed: boolean } {
    const current = Math.floor(now / WINDOW_MS);
    if (current !== quarter) {
      quarter = current;
      counts = new Map();
    }
    const count = (counts.get(appId) ?? 0) + 1;
    counts.set(appId, count);
    return {
      allowed: count <= STRAYS_MAX,
      limit: STRAYS_MAX,
      remaining: Math.max(0, STRAYS_MAX - count),
      resetSeconds: ((quarter + 1) * WINDOW_MS) / 1000,
    };
  }

  return function refuse(request: FastifyRequest, reply: FastifyReply, problem: Problem): void {
    const now = clock.now();
    const who = identify(callers, request, now);
    if (isRefused(who)) {
      const foreign = who.problem.code === 'unauthorized' ? foreignKind(request, EVERY_KIND) : undefined;
      sendProblem(reply, foreign ?? who.problem, { rate: who.rate, dialect: clientDialect(request.headers) });
      return;
    }
    noteApp(reply, who.caller.appId);
    const { headers } = request;
    const dialect = decideDialect(callers.terms, who.caller.appId, { headers, said: undefined });
    const { allowed, ...rate } = take(who.caller.appId, now);
    if (allowed) {
      sendProblem(reply, problem, { rate, level: who.level, dialect });
      return;
    }
    const retryAfter = String(Math.max(1, rate.resetSeconds - Math.floor(now / 1000)));
    const limited = new Problem('rate-limited', {}, { headers: { 'retry-after': retryAfter } });
    sendProblem(reply, limited, { rate, level: who.level, dialect });
  };
}
