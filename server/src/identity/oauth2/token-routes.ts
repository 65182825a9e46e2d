import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type JsonLimits, noteCause, parseJson } from '#kernel';
import type { OAuth1Answer } from '../oauth1/request-token.ts';
import { percentEncode } from '../oauth1/signature.ts';
import type { SignedRequest } from '../person-port.ts';
import type { Persons } from '../persons.ts';
import type { TokenAnswer } from './oauth2.ts';

const FORM = /^application\/x-www-form-urlencoded\b/i;

/** A grant's dozen of parameters, all of them texts. */
const JSON_LIMITS: JsonLimits = { bytesMax: 16 << 10, depthMax: 2, valuesMax: 32 };

/** Id and secret of `Authorization: Basic`, each percent-decoded as RFC 6749, 2.3.1 asks; undefined for any other header. */
export function basicPair(header: string | undefined): { key: string; secret: string } | undefined {
  if (!header || !/^basic /i.test(header)) return undefined;
  const text = Buffer.from(header.slice(6).trim(), 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) return undefined;
  try {
    return {
      key: decodeURIComponent(text.slice(0, colon)),
      secret: decodeURIComponent(text.slice(colon + 1)),
    };
  } catch {
    return undefined;
  }
}

/** The addresses that apps ask without a person: revocation of OAuth 2.0, and OAuth 1.0a. The token endpoint is in `surface/x/`. */
export function tokenRoutes(scope: FastifyInstance, { oauth1, oauth2, clock }: Persons): void {
  scope.post('/2/oauth2/revoke', (request, reply) => {
    const answer = oauth2.revoke(
      bodyParameters(request),
      basicPair(request.headers.authorization),
      clock.now(),
    );
    sendTokenAnswer(reply, answer);
  });
  scope.post('/oauth/request_token', (request, reply) =>
    sendForm(reply, oauth1.requestToken(signedRequest(request), clock.now())),
  );
  scope.post('/oauth/access_token', (request, reply) =>
    sendForm(reply, oauth1.accessToken(signedRequest(request), clock.now())),
  );
  for (const path of [
    '/oauth/invalidate_token',
    '/1.1/oauth/invalidate_token',
    '/1.1/oauth/invalidate_token.json',
  ]) {
    scope.post(path, (request, reply) => {
      const answer = oauth1.invalidateToken(signedRequest(request), clock.now());
      if ('form' in answer) sendJson(reply, 200, answer.form);
      else sendForm(reply, answer);
    });
  }
}

/**
 * What a token request says in its body: a form, or JSON, which X takes as well and twitter-api-v2 sends. Never from the
 * address (RFC 6749, 2.3.1): addresses end up in the logs of proxies.
 */
export function bodyParameters(request: FastifyRequest): URLSearchParams {
  const text = bodyOf(request);
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) return new URLSearchParams(text);
  try {
    const value = parseJson(Buffer.from(text), JSON_LIMITS);
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    return new URLSearchParams(
      entries.filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
    );
  } catch {
    // Not JSON, or nothing that a grant is: a request that says nothing.
    return new URLSearchParams();
  }
}

function bodyOf({ body }: FastifyRequest): string {
  return typeof body === 'string' ? body : '';
}

/** By the Host header, not by the address that we listen on: a client signs what it was told to call. */
function signedRequest(request: FastifyRequest): SignedRequest {
  const body = bodyOf(request);
  return {
    method: request.method,
    url: `https://${request.host}${request.raw.url ?? '/'}`,
    authorization: request.headers.authorization ?? '',
    ...(FORM.test(request.headers['content-type'] ?? '') ? { form: body } : { body: Buffer.from(body) }),
  };
}

export function sendTokenAnswer(reply: FastifyReply, { status, body, headers = {} }: TokenAnswer): void {
  if (typeof body.error === 'string') noteCause(reply, body.error);
  reply.headers(headers);
  sendJson(reply, status, body);
}

function sendForm(reply: FastifyReply, answer: OAuth1Answer): void {
  if (!('form' in answer)) {
    const { status, code, message } = answer;
    if (status === 401) reply.header('www-authenticate', 'OAuth realm="https://api.twitter.com"');
    noteCause(reply, `oauth1-${code}`);
    sendJson(reply, status, { errors: [{ code, message }] });
    return;
  }
  const text = Object.entries(answer.form).map((pair) => pair.map(percentEncode).join('='));
  reply
    .code(200)
    .headers({ 'content-type': 'application/x-www-form-urlencoded', 'cache-control': 'no-store' })
    .send(text.join('&'));
}

function sendJson(reply: FastifyReply, status: number, body: object): void {
  reply
    .code(status)
    .headers({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      pragma: 'no-cache',
    })
    .send(JSON.stringify(body));
}
