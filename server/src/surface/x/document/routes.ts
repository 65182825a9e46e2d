import { gzipSync } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { send } from '../call/reply.ts';
import type { Operation } from '../operation.ts';
import { DOCS_HEADERS, docsPage } from './docs-page.ts';
import { HOME_HEADERS, homeLanguage, homePage } from './home-page.ts';
import { openApi } from './openapi.ts';
import { ICON } from './page-style.ts';

/** Monitors and load balancers ask for a page by HEAD; the answer is GET's without its body (RFC 9110, 9.3.2). */
const WITH_HEAD = { exposeHeadRoute: true };

/** The page at `/`, the reference at `/docs`, the document that it is made from, and the icon that browsers ask for. */
export function registerReference(server: FastifyInstance, operations: readonly Operation[]): void {
  // A start needs none of them, and together they are a megabyte of text.
  let json: string | undefined;
  let page: { plain: string; zipped: Buffer } | undefined;
  server.get('/2/openapi.json', WITH_HEAD, (_request, reply: FastifyReply) => {
    json ??= JSON.stringify(openApi(operations));
    send(reply, 200, json, ['cache-control', 'public, max-age=300', 'access-control-allow-origin', '*']);
  });
  server.get('/docs', WITH_HEAD, (request, reply) => {
    if (!page) {
      const plain = docsPage(openApi(operations), operations);
      page = { plain, zipped: gzipSync(plain) };
    }
    reply.headers({ ...DOCS_HEADERS, vary: 'accept-encoding', 'cache-control': 'public, max-age=300' });
    if (!takesGzip(request)) return reply.send(page.plain);
    return reply.header('content-encoding', 'gzip').send(page.zipped);
  });
  server.get('/', WITH_HEAD, (request, reply) =>
    reply.headers({ ...HOME_HEADERS }).send(homePage(homeLanguage(request.headers['accept-language']))),
  );
  server.get('/favicon.ico', (_request, reply) =>
    reply.headers({ 'content-type': 'image/svg+xml', 'cache-control': 'public, max-age=86400' }).send(ICON),
  );
}

function takesGzip({ headers }: FastifyRequest): boolean {
  return /(^|[\s,])gzip\s*($|,|;\s*q=(?!0(\.0*)?\s*($|,)))/i.test(String(headers['accept-encoding'] ?? ''));
}
