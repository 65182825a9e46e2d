import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { basicPair, bodyParameters, type OAuth2, sendTokenAnswer } from '#identity';
import { type Clock, noteCause } from '#kernel';
import type { Denial, Terms } from '#terms';
import { remoteOf } from '../call/caller.ts';
import { denialProblem, rateHeaders, send, sendProblem } from '../call/reply.ts';
import { rawQueryOf } from '../call/request.ts';

/** A form with a grant is a few hundred bytes, with a long address to come back to a few thousand. */
const FORM_BYTES_MAX = 16 << 10;

/** A person's grants (RFC 6749, 4.1 and 6); `client_credentials` is the app's own. */
const PERSON_GRANTS: ReadonlySet<string> = new Set(['authorization_code', 'refresh_token']);

type Deps = {
  terms: Pick<Terms, 'issueBearer' | 'invalidateBearer'>;
  /** Persons' grants at the same address; without it only apps' own are known. */
  oauth2?: Pick<OAuth2, 'token'>;
  clock: Clock;
};

/**
 * Application-only log-in (RFC 6749, 4.4): `POST /oauth2/token` and `/oauth2/invalidate_token` with X's own error
 * bodies, `POST /2/oauth2/token` with the RFC's. They are not metered: nothing of anybody's posts is in them.
 */
export function registerTokenRoutes(server: FastifyInstance, deps: Deps): void {
  server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // Whatever a client calls it, a log-in is a form.
    scope.addContentTypeParser(
      '*',
      { parseAs: 'string', bodyLimit: FORM_BYTES_MAX },
      (_request, body, done) => {
        done(null, body);
      },
    );
    scope.post('/oauth2/token', (request, reply) => issue(deps, request, reply));
    scope.post('/oauth2/invalidate_token', (request, reply) => invalidate(deps, request, reply));
    scope.post('/2/oauth2/token', (request, reply) => issueByRfc(deps, request, reply));
  });
}

async function issue({ terms, clock }: Deps, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const grant = formOf(request).get('grant_type');
  if (grant === null)
    return refuse(reply, 403, 170, 'Missing required parameter: grant_type', 'forbidden_missing_parameter');
  if (grant !== 'client_credentials')
    return refuse(reply, 403, 170, 'Invalid parameter: grant_type', 'forbidden_invalid_parameter');
  const pair = basicOf(request);
  const bearer = await terms.issueBearer(pair?.key ?? '', pair?.secret ?? '', {
    now: clock.now(),
    remote: remoteOf(request),
  });
  if (typeof bearer !== 'string') return unverified(reply, bearer);
  sendToken(reply, { token_type: 'bearer', access_token: bearer });
}

async function invalidate(
  { terms, clock }: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const token = formOf(request).get('access_token');
  if (!token)
    return refuse(reply, 403, 170, 'Missing required parameter: access_token', 'forbidden_missing_parameter');
  const pair = basicOf(request);
  const from = { now: clock.now(), remote: remoteOf(request) };
  const done = await terms.invalidateBearer(pair?.key ?? '', pair?.secret ?? '', token, from);
  if (typeof done !== 'boolean') return unverified(reply, done);
  if (!done) return refuse(reply, 403, 348, 'Client application is not permitted to invalidate this token.');
  sendToken(reply, { access_token: token });
}

async function issueByRfc(
  { terms, oauth2, clock }: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const body = bodyParameters(request);
  const grant = body.get('grant_type') ?? formOf(request).get('grant_type');
  if (oauth2 && PERSON_GRANTS.has(grant ?? '')) {
    return sendTokenAnswer(reply, oauth2.token(body, basicOf(request), clock.now()));
  }
  const refused = (status: number, error: string, description: string, headers: string[] = []) => {
    noteCause(reply, error);
    send(reply, status, JSON.stringify({ error, error_description: description }), [
      'cache-control',
      'no-store',
      ...headers,
    ]);
  };
  if (grant === null) return refused(400, 'invalid_request', 'Missing required parameter [grant_type].');
  if (grant !== 'client_credentials') {
    return refused(
      400,
      'unsupported_grant_type',
      'grant_type is one of client_credentials, authorization_code, refresh_token.',
    );
  }
  const pair = basicOf(request) ?? {
    key: body.get('client_id') ?? '',
    secret: body.get('client_secret') ?? '',
  };
  const bearer = await terms.issueBearer(pair.key, pair.secret, {
    now: clock.now(),
    remote: remoteOf(request),
  });
  if (typeof bearer === 'string') return sendToken(reply, { token_type: 'bearer', access_token: bearer });
  const denial = bearer;
  if (denial.code !== 'unauthorized') return sendProblem(reply, denialProblem(denial), { rate: denial.rate });
  const headers = ['www-authenticate', 'Basic', ...rateHeaders(denial.rate)];
  refused(401, 'invalid_client', 'Unknown client, or its secret does not match.', headers);
}

function bodyOf({ body }: FastifyRequest): string {
  return typeof body === 'string' ? body : '';
}

/**
 * The form in the body; parameters in the address count too, for X takes them there. The first of each name counts. One pass:
 * `has` and `set` of URLSearchParams read all that is there, which takes half a second for the longest address.
 */
function formOf(request: FastifyRequest): { get(name: string): string | null } {
  const fields = new Map<string, string>();
  for (const text of [bodyOf(request), rawQueryOf(request.raw.url ?? '')])
    for (const [name, value] of new URLSearchParams(text)) if (!fields.has(name)) fields.set(name, value);
  return { get: (name) => fields.get(name) ?? null };
}

function basicOf({ headers }: FastifyRequest): ReturnType<typeof basicPair> {
  return basicPair(headers.authorization);
}

function sendToken(reply: FastifyReply, body: Record<string, string>): void {
  send(reply, 200, JSON.stringify(body), ['cache-control', 'no-store', 'pragma', 'no-cache']);
}

function unverified(reply: FastifyReply, denial: Denial): void {
  if (denial.code !== 'unauthorized') {
    sendProblem(reply, denialProblem(denial), { rate: denial.rate });
    return;
  }
  refuse(
    reply,
    403,
    99,
    'Unable to verify your credentials',
    'authenticity_token_error',
    rateHeaders(denial.rate),
  );
}

/** X's older error body, which its log-in still has. */
function refuse(
  reply: FastifyReply,
  status: number,
  code: number,
  message: string,
  label?: string,
  headers: readonly string[] = [],
): void {
  noteCause(reply, `oauth2-${code}`);
  send(reply, status, JSON.stringify({ errors: [{ code, message, label }] }), headers);
}
