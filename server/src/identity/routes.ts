import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import { noteRefusal, Problem } from '#kernel';
import { authorizationServerMetadata } from './authorization-server.ts';
import { consentRoutes } from './oauth2/consent-routes.ts';
import { tokenRoutes } from './oauth2/token-routes.ts';
import { html, sendPage } from './page.ts';
import type { Persons } from './persons.ts';
import { signInRoutes } from './sign-in/sign-in-routes.ts';

/** A form of a page is a few hundred bytes; an authorization request comes back in it. */
const FORM_BYTES_MAX = 16 << 10;

export type AccessRoutesDeps = {
  access: { persons: Persons };
  /** Receives what went wrong here; never headers, bodies or secrets. */
  log(message: string, cause: unknown): void;
  /** The address under which this server is reached, `https://host`: never by the Host header that a caller sent. */
  baseOf(request: FastifyRequest): string;
};

/** Persons' pages (sign-in, consent, settings) and the addresses at which apps get and end persons' tokens. */
export function accessRoutes(
  server: FastifyInstance,
  { access: { persons }, log, baseOf }: AccessRoutesDeps,
): void {
  server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: FORM_BYTES_MAX },
      (_request, body, done) => done(null, body),
    );
    scope.setErrorHandler((error: FastifyError, _request, reply) => {
      const problem = problemOf(error, log);
      const title = problem.status >= 500 ? 'That did not work' : 'That cannot be done';
      noteRefusal(reply, problem);
      reply.headers(problem.headers);
      sendPage(reply, {
        title,
        status: problem.status,
        body: html`<h1>${title}</h1><p role="alert">${problem.message}</p>`,
      });
    });
    signInRoutes(scope, persons);
    consentRoutes(scope, persons, baseOf);
  });
  server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // Whatever a client calls it, it is a form.
    scope.addContentTypeParser(
      '*',
      { parseAs: 'string', bodyLimit: FORM_BYTES_MAX },
      (_request, body, done) => done(null, body),
    );
    tokenRoutes(scope, persons);
  });
  server.get('/.well-known/oauth-authorization-server', { exposeHeadRoute: true }, (request, reply) =>
    // By the address that was asked: not for a cache that others share.
    reply
      .headers({ 'cache-control': 'private, max-age=300', 'access-control-allow-origin': '*' })
      .send(authorizationServerMetadata(baseOf(request))),
  );
}

function problemOf(error: FastifyError | Error, log: AccessRoutesDeps['log']): Problem {
  if (error instanceof Problem) {
    if (error.isLogged) log(error.message, error.cause ?? error);
    return error;
  }
  const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
  if (status === 413) return new Problem('body-too-large');
  if (status >= 400 && status < 500) return new Problem('body-invalid');
  log('unexpected error', error);
  return new Problem('internal', {}, { cause: error });
}
