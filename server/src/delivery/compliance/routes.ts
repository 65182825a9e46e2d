import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '#kernel';
import type { Compliance, Received, UploadPart } from './port.ts';
import { tooLarge, UPLOAD_BYTES_MAX } from './upload.ts';

export type ComplianceRoutes = {
  compliance: Pick<Compliance, 'startSession' | 'receive' | 'result'>;
  /** `https://host` as the caller reached it. */
  baseOf(request: FastifyRequest): string;
};

type Address = { Params: { id: string }; Querystring: Record<string, string | string[] | undefined> };

/** Nobody but who asked keeps a result: authors' deletions are in it. */
const NEVER = 'private, no-store';
/** `bytes FIRST-LAST/TOTAL`; Google's own clients write `*` for what they do not know. */
const RANGE = /^bytes (?:(\d{1,15})-(?:(\d{1,15})|\*)|\*)\/(?:(\d{1,15})|\*)$/;
const FROM = /^bytes=(\d{1,15})-$/;
/** What a resumable client takes as "go on": Google's own status for it. */
const RESUME_INCOMPLETE = 308;

/**
 * `/compliance/uploads/<id>` and `/compliance/results/<id>`: what a job's `upload_url` and `download_url` name. A plain PUT
 * of the whole file, or the resumable protocol of Google Cloud Storage that X's clients know
 * (cloud.google.com/storage/docs/performing-resumable-uploads): POST with `x-goog-resumable: start`, then parts with
 * `content-range`, each answered with 308 and the `range` that is there. The token in the address is the only key.
 */
export function complianceRoutes(server: FastifyInstance, { compliance, baseOf }: ComplianceRoutes): void {
  void server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // A body is read as it comes, by whoever takes it to disk.
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

    scope.post<Address>('/compliance/uploads/:id', async (request, reply) => {
      if (request.headers['x-goog-resumable'] !== 'start')
        throw new Problem('body-invalid', {
          detail: 'A resumable upload begins with `x-goog-resumable: start`.',
        });
      const session = await compliance.startSession(request.params.id, tokenOf(request));
      return reply
        .code(201)
        .header('location', `${baseOf(request)}${session}`)
        .send('');
    });

    scope.put<Address>('/compliance/uploads/:id', async (request, reply) => {
      if ((request.headers['content-encoding'] ?? 'identity') !== 'identity')
        throw new Problem('body-invalid', {
          detail: 'Send the ids as they are, without a content-encoding.',
        });
      if (Number(request.headers['content-length'] ?? 0) > UPLOAD_BYTES_MAX) throw tooLarge();
      const part = partOf(request);
      const received = await compliance.receive(request.params.id, tokenOf(request), part);
      return answer(reply, part, received);
    });

    scope.get<Address>('/compliance/results/:id', async (request, reply) => {
      const { file, bytes } = compliance.result(request.params.id, tokenOf(request));
      return sendResult(request, reply, file, bytes);
    });
  });
}

function tokenOf({ query }: FastifyRequest<Address>): string {
  return typeof query.token === 'string' ? query.token : '';
}

function partOf(request: FastifyRequest<Address>): UploadPart {
  const { headers, query } = request;
  const body = (request.body ?? Readable.from([])) as AsyncIterable<Buffer>;
  const session = typeof query.upload_id === 'string' ? query.upload_id : undefined;
  const range = headers['content-range'];
  const said = headers['content-length'];
  if (range === undefined) {
    // The whole upload in a session is its only part.
    return session === undefined
      ? { of: 'whole', body }
      : { of: 'session', session, body, from: 0, isLast: true };
  }
  const [matched, first, last, total] = RANGE.exec(range) ?? [];
  const length = last === undefined ? undefined : Number(last) - Number(first) + 1;
  const isSound =
    matched !== undefined &&
    (length === undefined || length > 0) &&
    (total === undefined || last === undefined || Number(last) < Number(total)) &&
    (said === undefined || length === undefined || Number(said) === length);
  if (!isSound)
    throw new Problem('body-invalid', {
      detail:
        '`content-range` is `bytes FIRST-LAST/TOTAL` of what is sent, or `bytes */TOTAL` to ask what is there.',
    });
  if (session === undefined)
    throw new Problem('body-invalid', { detail: 'Parts belong to a session: begin with POST.' });
  const all = total === undefined ? {} : { total: Number(total) };
  if (first === undefined) return { of: 'question', session, ...all };
  const isLast = last === undefined && total === undefined;
  return { of: 'session', session, body, from: Number(first), ...all, isLast };
}

function answer(reply: FastifyReply, part: UploadPart, { complete, bytes }: Received): FastifyReply {
  if (complete) return reply.code(200).send('');
  if (bytes > 0) reply.header('range', `bytes=0-${bytes - 1}`);
  // A body that does not go on where the file ends is not read.
  if (part.of === 'session' && part.from > bytes) reply.header('connection', 'close');
  return reply.code(RESUME_INCOMPLETE).header('x-goog-upload-size-received', String(bytes)).send('');
}

function sendResult(request: FastifyRequest, reply: FastifyReply, file: string, bytes: number): FastifyReply {
  reply
    .type('application/x-ndjson; charset=utf-8')
    .headers({ 'cache-control': NEVER, 'accept-ranges': 'bytes', 'x-content-type-options': 'nosniff' });
  const from = Number(FROM.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (from > 0 && from < bytes) {
    reply.code(206).header('content-range', `bytes ${from}-${bytes - 1}/${bytes}`);
  }
  const start = from < bytes ? from : 0;
  reply.header('content-length', bytes - start);
  if (bytes === 0) return reply.send('');
  return reply.send(createReadStream(file, { start, end: bytes - 1 }));
}
