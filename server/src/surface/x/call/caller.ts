import type { FastifyRequest } from 'fastify';
import { type PersonGrant, type PersonTokens, type Scope, unauthorized } from '#identity';
import { Problem } from '#kernel';
import type { Caller, RateState, Terms } from '#terms';
import type { Operation } from '../operation.ts';
import { type AccessLevel, denialProblem } from './reply.ts';

/** X's names for the kinds of authentication, as its messages list them: in alphabetical order. */
const OAUTH1 = 'OAuth 1.0a User Context';
const APP_ONLY = 'OAuth 2.0 Application-Only';
const OAUTH2 = 'OAuth 2.0 User Context';

const FORM = /^application\/x-www-form-urlencoded\b/i;

/** Whom requests are known by. */
export type Callers = {
  terms: Pick<
    Terms,
    | 'callerByBearer'
    | 'callerOfApp'
    | 'refuseUnknown'
    | 'endOfBearer'
    | 'rateOf'
    | 'dialectOf'
    | 'noteDialect'
  >;
  tokens: PersonTokens;
};

/** Who calls: an app, or an app for a person. */
export type RequestCaller = { caller: Caller; grant?: PersonGrant; level: AccessLevel };

export type CallerRefusal = { problem: Problem; rate?: RateState; level?: AccessLevel };

/** True when the signature of a request covers its body (RFC 5849, 3.4.1.3.1): then that has to be read first. */
export function isFormSigned({ headers }: FastifyRequest): boolean {
  return isOAuth1(headers.authorization) && FORM.test(headers['content-type'] ?? '');
}

/**
 * Who calls, or the refusal. An app's bearer is looked up first and alone on the hot path; only what is neither an
 * app's nor a person's token counts as a failed log-in of its address.
 * @param form the body, if `isFormSigned`.
 */
export function identify(
  { terms, tokens }: Callers,
  request: FastifyRequest,
  now: number,
  form?: string,
): RequestCaller | CallerRefusal {
  const header = request.headers.authorization;
  const bearer = bearerOf(header);
  const caller = terms.callerByBearer(bearer, now);
  if (caller) return { caller, level: 'read' };
  const grant = bearer === undefined ? signed(tokens, request, now, form) : tokens.byBearer(bearer, now);
  const behind = grant && terms.callerOfApp(grant.appId, now, grant.keyId);
  if (grant && behind) return { caller: behind, grant, level: levelOf(grant.scopes) };
  return refuseUnknown({ terms, tokens }, request, now);
}

/**
 * Counts a request without a valid key against its address, and says what is wrong with its key. One that has ended is a
 * 401 whatever its address did: a client that is told to wait instead would never learn of it.
 */
export function refuseUnknown(
  { terms, tokens }: Callers,
  request: FastifyRequest,
  now: number,
): CallerRefusal {
  const header = request.headers.authorization;
  const bearer = bearerOf(header);
  const end = bearer === undefined ? undefined : (terms.endOfBearer(bearer) ?? tokens.endOf(bearer, now));
  const denial = terms.refuseUnknown({ now, remote: remoteOf(request) }, end !== undefined);
  const problem = denial.code === 'unauthorized' ? unauthorized(header, 'app', end) : denialProblem(denial);
  return { problem, rate: denial.rate };
}

/** The peer's address. Node does not know that of a peer that was gone before it was asked for: all of those are one. */
export function remoteOf(request: FastifyRequest): string {
  return (request.ip as string | undefined) ?? 'unknown';
}

function signed(
  tokens: PersonTokens,
  request: FastifyRequest,
  now: number,
  form: string | undefined,
): PersonGrant | undefined {
  const { authorization = '' } = request.headers;
  if (!isOAuth1(authorization)) return undefined;
  const url = `https://${request.host}${request.raw.url ?? ''}`;
  return tokens.bySignature({ method: request.method, url, authorization, form }, now);
}

function isOAuth1(header: string | undefined): boolean {
  // Nearly every header begins with B.
  return header !== undefined && !header.startsWith('B') && /^oauth /i.test(header);
}

function bearerOf(header: string | undefined): string | undefined {
  if (header?.startsWith('Bearer ')) return header.slice(7);
  return header && /^bearer /i.test(header) ? header.slice(7).trim() : undefined;
}

/** What the header `x-access-level` says of a token. */
function levelOf(scopes: ReadonlySet<Scope>): AccessLevel {
  if (scopes.has('dm.read') || scopes.has('dm.write')) return 'read-write-directmessages';
  for (const scope of scopes) if (scope.endsWith('.write')) return 'read-write';
  return 'read';
}

type Rules = Pick<Operation, 'id' | 'auth' | 'oauth2Only' | 'scopes' | 'writes'>;

/**
 * May this kind of token call this operation? A kind that it does not take is a 403 that names those it takes, a right
 * that the person did not give is a 403 that names both. Undefined: it may.
 */
export function refuseKind(
  { terms }: Callers,
  who: RequestCaller,
  operation: Rules,
  now: number,
): CallerRefusal | undefined {
  const { caller, grant, level } = who;
  const problem = grant ? personProblem(caller, grant, operation) : appProblem(operation);
  if (!problem) return undefined;
  return { problem, level, rate: terms.rateOf(caller, operation.id, { now, personId: grant?.personId }) };
}

function appProblem({ auth, oauth2Only }: Rules): Problem | undefined {
  return auth.includes('app') ? undefined : wrongKind(APP_ONLY, { auth, oauth2Only });
}

function personProblem(caller: Caller, grant: PersonGrant, operation: Rules): Problem | undefined {
  const { auth, oauth2Only, scopes = [], writes } = operation;
  // Deny by default: an operation without scopes takes no person's token.
  const isTaken = auth.includes('person') && scopes.length > 0 && (grant.via === 'oauth2' || !oauth2Only);
  if (!isTaken) return wrongKind(grant.via === 'oauth1' ? OAUTH1 : OAUTH2, operation);
  const missing = scopes.filter((scope) => !grant.scopes.has(scope));
  if (missing.length > 0) return missingScopes(caller, grant, scopes, missing);
  if (writes && caller.sandbox) {
    const detail =
      'This app has only a sandbox key, which reads. Ask the operator for a live key to act for persons.';
    return new Problem('client-forbidden', { detail, reason: 'sandbox-key', client_id: caller.appId });
  }
  return undefined;
}

function missingScopes(
  { appId }: Caller,
  grant: PersonGrant,
  needed: readonly Scope[],
  missing: readonly Scope[],
): Problem {
  const held = [...grant.scopes].sort();
  const detail = `The person's token lacks ${missing.join(', ')}. This endpoint needs ${needed.join(', ')}; the token has ${held.join(', ') || 'none'}. Ask the person again, with the scopes that are missing.`;
  const fields = {
    detail,
    reason: 'missing-scope',
    client_id: appId,
    required_scopes: needed,
    granted_scopes: held.length > 0 ? held : undefined,
  };
  return new Problem('client-forbidden', fields);
}

/** For credentials of a kind that no endpoint takes, which name nobody. */
export function foreignKind({ headers }: FastifyRequest, operation: Rules): Problem | undefined {
  return /^basic /i.test(headers.authorization ?? '')
    ? wrongKind('Basic Authentication', operation)
    : undefined;
}

/** Two spaces after the first sentence, as X has them. */
function wrongKind(name: string, { auth, oauth2Only }: Pick<Rules, 'auth' | 'oauth2Only'>): Problem {
  const isForPersons = auth.includes('person');
  const supported = [
    ...(isForPersons && !oauth2Only ? [OAUTH1] : []),
    ...(auth.includes('app') ? [APP_ONLY] : []),
    ...(isForPersons ? [OAUTH2] : []),
  ].join(', ');
  const detail = `Authenticating with ${name} is forbidden for this endpoint.  Supported authentication types are [${supported}].`;
  return new Problem('unsupported-authentication', { detail });
}

/** True for a refusal among what `identify` returns. */
export function isRefused(result: RequestCaller | CallerRefusal): result is CallerRefusal {
  return 'problem' in result;
}
