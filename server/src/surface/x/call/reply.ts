import type { FastifyReply } from 'fastify';
import { noteRefusal, Problem } from '#kernel';
import type { Charge, Denial, Dialect, RateState } from '#terms';
import { inDialect } from './dialect.ts';

/** The version of X's public document whose surface this is. */
export const API_VERSION = '2.167';
/** What a token may do, as X says it on every reply. */
export type AccessLevel = 'read' | 'read-write' | 'read-write-directmessages';

const JSON_TYPE = 'application/json; charset=utf-8';

/**
 * Writes a whole reply at once, past Fastify's serialisers: on the hot path they cost more than the look-up.
 * @param headers names and values in turn, beside the ones that every reply has.
 */
export function send(
  reply: FastifyReply,
  status: number,
  body: string,
  headers: readonly string[],
  level: AccessLevel = 'read',
): void {
  reply.hijack();
  const { raw } = reply;
  if (raw.destroyed || raw.headersSent) return;
  if (status === 204) {
    // Neither type nor length (RFC 9110, 8.6).
    raw
      .writeHead(204, [
        'x-request-id',
        reply.request.id,
        'x-access-level',
        level,
        'api-version',
        API_VERSION,
        ...headers,
      ])
      .end();
    return;
  }
  const length = String(Buffer.byteLength(body));
  raw.writeHead(status, [
    'content-type',
    JSON_TYPE,
    'content-length',
    length,
    'x-request-id',
    reply.request.id,
    'x-access-level',
    level,
    'api-version',
    API_VERSION,
    ...headers,
  ]);
  raw.end(body);
}

/** Of a stream: no length, and nothing between that waits for one. */
export function streamHeaders(requestId: string): string[] {
  return [
    'content-type',
    JSON_TYPE,
    'x-request-id',
    requestId,
    'x-access-level',
    'read',
    'api-version',
    API_VERSION,
    'cache-control',
    'no-store',
    'x-accel-buffering',
    'no',
  ];
}

/** X's rate headers. Without them on a 429, X's clients break. */
export function rateHeaders(rate: RateState | undefined): string[] {
  if (!rate) return [];
  return [
    'x-rate-limit-limit',
    String(rate.limit),
    'x-rate-limit-remaining',
    String(rate.remaining),
    'x-rate-limit-reset',
    String(rate.resetSeconds),
  ];
}

/** `0.005000 USD`: always six decimals, so that nothing is rounded. @param micros micro-dollars. */
export function money(micros: number): string {
  return `${Math.floor(micros / 1_000_000)}.${String(micros % 1_000_000).padStart(6, '0')} USD`;
}

/** What a call cost: its place in the log, billed and delivered resources, price, and what is left of the cap. */
export function costHeaders(charge: Charge, log: string): string[] {
  const headers = [
    'parley-posts',
    `${charge.postsBilled}/${charge.postsDelivered}`,
    'parley-persons',
    `${charge.personsBilled}/${charge.personsDelivered}`,
    'parley-cost',
    money(charge.priceMicros),
  ];
  if (charge.remaining !== null) headers.push('parley-remaining', String(charge.remaining));
  if (charge.entry) headers.push('parley-call', `${log}/${charge.entry.index}`);
  return headers;
}

/** The caller that is refused, as far as it is known. */
export type RefusedReply = { rate?: RateState; level?: AccessLevel; dialect?: Dialect };

/** Writes a refusal. The headers of its window come along whatever it is. */
export function sendProblem(
  reply: FastifyReply,
  problem: Problem,
  { rate, level, dialect = 'classic' }: RefusedReply,
): void {
  noteRefusal(reply, problem);
  const headers = [...rateHeaders(rate), ...Object.entries(problem.headers).flat()];
  if (problem.code === 'unauthorized') headers.push('www-authenticate', 'Bearer');
  send(reply, problem.status, inDialect(JSON.stringify(problem.body()), dialect), headers, level);
}

export function denialProblem({ code, fields, headers }: Denial): Problem {
  return new Problem(code, fields, { headers });
}
