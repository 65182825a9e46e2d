import { type FileHandle, open } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '#kernel';
import type { MediaLibrary } from './port.ts';

/**
 * Whoever opens such an address gets a file and no page: its type is ours and not guessed, and were it taken for a page after
 * all, it could run, load and ask nothing. Kept for a day by who fetched it and by no cache between, which nobody could tell of
 * a deletion.
 */
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
  'cache-control': 'private, max-age=86400, immutable',
  'accept-ranges': 'bytes',
};

/** Registers `GET` and `HEAD /media/<name>`: files by names that nobody can guess, to everybody who was told one. */
export function mediaRoutes(server: FastifyInstance, media: Pick<MediaLibrary, 'served'>): void {
  server.route<{ Params: { name: string } }>({
    method: ['GET', 'HEAD'],
    url: '/media/:name',
    handler: (request, reply) => serve(media, request, request.params.name, reply),
  });
}

async function serve(
  media: Pick<MediaLibrary, 'served'>,
  request: FastifyRequest,
  name: string,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const found = media.served(name);
  if (!found) throw new Problem('not-found');
  const etag = `"${name}"`;
  reply.headers({ ...HEADERS, 'content-type': found.contentType, etag });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  const file = await opened(found.path);
  try {
    const { size } = await file.stat();
    const range = rangeOf(request.headers.range, request.headers['if-range'], etag, size);
    if (range === 'unsatisfiable') {
      await file.close();
      return reply.code(416).header('content-range', `bytes */${size}`).send();
    }
    const { start, end } = range ?? { start: 0, end: size - 1 };
    if (range) reply.code(206).header('content-range', `bytes ${start}-${end}/${size}`);
    reply.header('content-length', end - start + 1);
    if (request.method === 'HEAD') {
      await file.close();
      return reply.send();
    }
    return reply.send(file.createReadStream({ start, end }));
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
}

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new Problem('not-found');
    throw error;
  }
}

type Range = { start: number; end: number };

/** One range of bytes (RFC 9110, 14.1.2). Several, or what is no range, count as none: the whole file is a right answer. */
export function rangeOf(
  header: string | undefined,
  ifRange: string | string[] | undefined,
  etag: string,
  size: number,
): Range | 'unsatisfiable' | undefined {
  const match = header && /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim());
  if (!match || (ifRange !== undefined && ifRange !== etag)) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '') {
    if (last === '') return undefined;
    return Number(last) === 0 ? 'unsatisfiable' : { start: Math.max(0, size - Number(last)), end: size - 1 };
  }
  if (last !== '' && Number(last) < Number(first)) return undefined;
  if (Number(first) >= size) return 'unsatisfiable';
  return { start: Number(first), end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}
