import type { FastifyRequest } from 'fastify';
import { Problem } from '#kernel';
import { type Caller, type Denial, isDenial, type Terms } from '#terms';
import type { Auth } from './operation.ts';
import { denialProblem } from './reply.ts';

/** X's names for the kinds of authentication, as its messages list them. */
const AUTH_NAMES: Readonly<Record<Auth, string>> = {
  app: 'OAuth 2.0 Application-Only',
  person: 'OAuth 2.0 User Context',
};
const OTHER_SCHEMES: readonly [prefix: RegExp, name: string][] = [
  [/^oauth /i, 'OAuth 1.0a User Context'],
  [/^basic /i, 'Basic Authentication'],
];

/** Who calls, or the refusal. A kind of key that the endpoint does not take is a 403 that names those it takes. */
export function callerOf(
  terms: Pick<Terms, 'authenticate'>,
  request: FastifyRequest,
  auth: readonly Auth[],
  now: number,
): Caller | { problem: Problem; rate: Denial['rate'] } {
  const header = request.headers.authorization;
  const result = terms.authenticate(bearerOf(header), { now, remote: request.ip });
  if (!isDenial(result)) return result;
  const other = header && OTHER_SCHEMES.find(([prefix]) => prefix.test(header))?.[1];
  const problem = other && result.code === 'unauthorized' ? wrongKind(other, auth) : denialProblem(result);
  return { problem, rate: result.rate };
}

function bearerOf(header: string | undefined): string | undefined {
  if (header?.startsWith('Bearer ')) return header.slice(7);
  return header && /^bearer /i.test(header) ? header.slice(7).trim() : undefined;
}

/** Two spaces after the first sentence, as X has them. */
function wrongKind(name: string, auth: readonly Auth[]): Problem {
  const supported = auth.map((one) => AUTH_NAMES[one]).join(', ');
  const detail = `Authenticating with ${name} is forbidden for this endpoint.  Supported authentication types are [${supported}].`;
  return new Problem('unsupported-authentication', { detail });
}
