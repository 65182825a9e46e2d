import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/**
 * What the next PUT of a record meets: its reply is lost after it was done; its connection breaks and it is done later, at
 * `deliver`; it gets no reply at all; or it is refused as S3 refuses.
 */
export type S3Trouble = 'lost reply' | 'late' | 'silence' | 409 | 500 | 503;

export type FakeS3 = {
  endpoint: string;
  /** Credentials and region, as the environment gives them. */
  env: Record<string, string>;
  /** For the next PUTs of records, one each. */
  troubles: S3Trouble[];
  /** Writes that came `late` are done now. */
  deliver(): void;
  /** PUT requests of records so far. */
  puts(): number;
  remove(): void;
  /** As an old server does, which knows no conditional writes. */
  ignore(header: 'if-match' | 'if-none-match'): void;
  /** What every reply is from now on, whatever was asked. */
  answer(status: number, body: string): void;
  close(): void;
};

const KEY_ID = 'AKIAIOSFODNN7EXAMPLE';
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const BUCKET = 'guards';
const REGION = 'eu-test-1';
/** S3 refuses what was signed at another time. */
const SKEW_MAX_MS = 15 * 60_000;

/**
 * One bucket of an S3 service, from its description: GET and PUT of objects, conditional writes
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html), signatures of version 4
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
 */
export async function fakeS3(t: Pick<TestContext, 'after'>): Promise<FakeS3> {
  const objects = new Map<string, { body: Buffer; etag: string }>();
  const ignored = new Set<string>();
  const troubles: S3Trouble[] = [];
  const late: (() => void)[] = [];
  let puts = 0;
  let answer: { status: number; body: string } | undefined;

  const put = (
    key: string,
    body: Buffer,
    { headers }: IncomingMessage,
  ): { status: number; etag?: string } => {
    const found = objects.get(key);
    const [match, none] = (['if-match', 'if-none-match'] as const).map((name) =>
      ignored.has(name) ? undefined : headers[name],
    );
    if (none === '*' && found !== undefined) return { status: 412 };
    if (match !== undefined && found === undefined) return { status: 404 };
    if (match !== undefined && found?.etag !== match) return { status: 412 };
    const etag = `"${createHash('md5').update(body).digest('hex')}"`;
    objects.set(key, { body, etag });
    return { status: 200, etag };
  };

  async function serve(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    const key = request.url ?? '';
    if (answer !== undefined) return void reply.writeHead(answer.status).end(answer.body);
    const wrong = faultOf(request, body);
    if (wrong !== undefined) return refuse(reply, 403, wrong);
    if (!key.startsWith(`/${BUCKET}/`)) return refuse(reply, 404, 'NoSuchBucket');
    if (request.method === 'GET') {
      const found = objects.get(key);
      if (found === undefined) return refuse(reply, 404, 'NoSuchKey');
      return void reply.writeHead(200, { etag: found.etag }).end(found.body);
    }
    if (request.method !== 'PUT') return refuse(reply, 405, 'MethodNotAllowed');
    const isRecord = key.endsWith('.json');
    if (isRecord) puts += 1;
    const trouble = isRecord ? troubles.shift() : undefined;
    if (trouble === 'silence') return;
    if (trouble === 'late') late.push(() => put(key, body, request));
    if (trouble === 'late') return void request.socket.destroy();
    if (trouble === 409) return refuse(reply, 409, 'ConditionalRequestConflict');
    if (trouble === 500) return refuse(reply, 500, 'InternalError');
    if (trouble === 503) return refuse(reply, 503, 'SlowDown');
    const { status, etag } = put(key, body, request);
    if (trouble === 'lost reply') return void request.socket.destroy();
    if (etag === undefined) return refuse(reply, status, status === 404 ? 'NoSuchKey' : 'PreconditionFailed');
    reply.writeHead(200, { etag }).end();
  }

  const server = createServer((request, reply) => void serve(request, reply));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  t.after(close);
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoint,
    env: {
      AWS_ACCESS_KEY_ID: KEY_ID,
      AWS_SECRET_ACCESS_KEY: SECRET,
      AWS_REGION: REGION,
      AWS_ENDPOINT_URL_S3: endpoint,
    },
    troubles,
    deliver: () => late.splice(0).forEach((write) => void write()),
    puts: () => puts,
    remove: () => objects.clear(),
    ignore: (header) => void ignored.add(header),
    answer: (status, body) => {
      answer = { status, body };
    },
    close,
  };
}

function refuse(reply: ServerResponse, status: number, code: string): void {
  reply.writeHead(status, { 'content-type': 'application/xml' });
  reply.end(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>no</Message></Error>`,
  );
}

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');

/** S3's word for what is wrong with a request's signature; undefined if it is right and covers the conditions. */
function faultOf(request: IncomingMessage, body: Buffer): string | undefined {
  const { headers, method, url } = request;
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/;
  const [, keyId, date, region, names, signature] = pattern.exec(headers.authorization ?? '') ?? [];
  if (date === undefined || region === undefined || names === undefined) return 'AccessDenied';
  if (keyId !== KEY_ID) return 'InvalidAccessKeyId';
  if (region !== REGION) return 'AuthorizationHeaderMalformed';
  const time = String(headers['x-amz-date']);
  const at = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!(Math.abs(Date.now() - at) < SKEW_MAX_MS) || !time.startsWith(date)) return 'RequestTimeTooSkewed';
  if (headers['x-amz-content-sha256'] !== sha256(body)) return 'XAmzContentSHA256Mismatch';
  const signed = names.split(';');
  const needed = Object.keys(headers).filter((name) => /^(host|x-amz-.*|if-(none-)?match)$/.test(name));
  if (needed.some((name) => !signed.includes(name))) return 'AccessDenied';
  const canonical = [
    method,
    url,
    '',
    ...signed.map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    names,
    headers['x-amz-content-sha256'],
  ].join('\n');
  const scope = `${date}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const key = [date, region, 's3', 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${SECRET}`);
  return hmac(key, text).toString('hex') === signature ? undefined : 'SignatureDoesNotMatch';
}
