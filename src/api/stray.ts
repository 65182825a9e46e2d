import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Clock, Problem } from '#kernel';
import type { RateState, Terms } from '#terms';
import { callerOf } from './caller.ts';
import { sendProblem } from './reply.ts';

/** Requests of one app and quarter hour that name no endpoint: enough for a client that probes, no more. */
const STRAYS_MAX = 300;
const WINDOW_MS = 900_000;

/**
 * Answers requests that meet no endpoint, or one with another method: 401 without a key, as everywhere, else the
 * problem given. They have a window of their own, so that these replies too carry rate headers and are bounded.
 */
export function strayRequests(terms: Pick<Terms, 'authenticate'>, clock: Clock) {
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
    const caller = callerOf(terms, request, ['app'], now);
    if ('problem' in caller) {
      sendProblem(reply, caller.problem, caller.rate);
      return;
    }
    const { allowed, ...rate } = take(caller.appId, now);
    if (allowed) {
      sendProblem(reply, problem, rate);
      return;
    }
    const retryAfter = String(Math.max(1, rate.resetSeconds - Math.floor(now / 1000)));
    sendProblem(reply, new Problem('rate-limited', {}, { headers: { 'retry-after': retryAfter } }), rate);
  };
}
