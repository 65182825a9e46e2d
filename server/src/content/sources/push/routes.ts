import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest, HTTPMethods } from 'fastify';
import { type Clock, overloaded, Problem, timelyPieces } from '#kernel';
import type { PostWriter } from '#posts';
import { BODY_BYTES_MAX, push } from './push.ts';

const CONTENT_TYPES = [
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/json',
  'text/plain',
];
/** Bodies under way at once; each holds a few megabytes. More are asked to come again. */
const PUSHES_MAX = 8;
const RETRY_AFTER_SECONDS = 1;
/** What this address does not take. */
const OTHER_METHODS: HTTPMethods[] = ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

export type PushRoutes = {
  writer: PostWriter;
  clock: Clock;
  /** Lets only the operator pass; throws a Problem for anybody else. */
  authorise(request: FastifyRequest): void | Promise<void>;
};

/**
 * `POST /v1/posts`: NDJSON in, one reply a line out, all of it durable when answered. Registered in a scope of its
 * own, because its body is read as a stream.
 */
export function pushRoutes(server: FastifyInstance, { writer, clock, authorise }: PushRoutes): void {
  void server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(CONTENT_TYPES, (_request, payload, done) => done(null, payload));
    let underWay = 0;
    scope.route({
      method: OTHER_METHODS,
      url: '/v1/posts',
      // Before any body is read.
      onRequest: async (request) => {
        await authorise(request);
        throw new Problem('method-not-allowed', {}, { headers: { allow: 'POST' } });
      },
      handler: (_request, reply) => reply,
    });
    scope.post('/v1/posts', { onRequest: async (request) => authorise(request) }, async (request, reply) => {
      if (!(request.body as unknown))
        throw new Problem('body-invalid', { detail: `Send NDJSON, as ${CONTENT_TYPES[0]}.` });
      if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
        throw new Problem('body-invalid', {
          detail: 'Send the lines as they are, without a content-encoding.',
        });
      }
      if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX)
        throw new Problem('body-too-large');
      if (underWay >= PUSHES_MAX) throw overloaded(RETRY_AFTER_SECONDS);
      underWay++;
      try {
        const replies = await push(timelyPieces(request.body as IncomingMessage), { writer, clock });
        return reply
          .type('application/x-ndjson; charset=utf-8')
          .send(replies.map((one) => `${JSON.stringify(one)}\n`).join(''));
      } finally {
        underWay--;
      }
    });
  });
}
