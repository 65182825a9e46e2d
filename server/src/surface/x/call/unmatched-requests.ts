import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Clock, createWindowCounts, noteApp, Problem } from '#kernel';
import { quarterOf, rateState, WINDOW_MS } from '#terms';
import { type Callers, foreignKind, identify, isRefused } from './caller.ts';
import { clientDialect, decideDialect } from './dialect.ts';
import { sendProblem } from './reply.ts';

/** Requests of one app and quarter hour that name no endpoint: enough for a client that probes, no more. */
const STRAYS_MAX = 300;
/** Apps counted one by one. */
const APPS_MAX = 50_000;
/** What no endpoint takes would have been taken from anybody with a key. */
const EVERY_KIND = { id: '', auth: ['app', 'person'] } as const;

/**
 * Answers requests that meet no endpoint, or one with another method: 401 without a key, as everywhere, else the
 * problem given. They have a window of their own, so that these replies too carry rate headers and are bounded.
 */
export function unmatchedRequests(callers: Callers, clock: Clock) {
  const strays = createWindowCounts(WINDOW_MS, APPS_MAX);

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
    const count = strays.add(who.caller.appId, now);
    const rate = rateState(STRAYS_MAX, count, quarterOf(now));
    if (count <= STRAYS_MAX) {
      sendProblem(reply, problem, { rate, level: who.level, dialect });
      return;
    }
    const retryAfter = String(Math.max(1, rate.resetSeconds - Math.floor(now / 1000)));
    const limited = new Problem('rate-limited', {}, { headers: { 'retry-after': retryAfter } });
    sendProblem(reply, limited, { rate, level: who.level, dialect });
  };
}
