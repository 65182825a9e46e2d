import { createHash } from 'node:crypto';
import { AwsV4Signer } from 'aws4fetch';
import type { GuardStore } from './guard.ts';
import type { GuardEnvironment, GuardPlace } from './guard-place.ts';

/** One request, from the connection to the reply's last byte: a lease allows several of them. */
const REQUEST_MS = 5_000;
/** A record has a few hundred bytes, an error document a few thousand. */
const REPLY_BYTES_MAX = 64 * 1024;
/** Requests cost money: one write a second at most, 86,400 a day. */
const SPACING_MS = 1_000;

type Reply = { status: number; etag: string | null; text: string };

/**
 * A guard's record as one object of an S3 bucket, replaced by conditional writes: `If-None-Match: *` makes the first
 * version, `If-Match` with the ETag of the version before each later one. The version is in the object, so that no two
 * versions have one ETag. Before its first write it tries whether the service compares at all, on an object of its own.
 * Credentials are read from `env`: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN.
 * @throws Error where they are missing
 */
export function guardInS3(
  place: GuardPlace & { kind: 's3' },
  folder: string,
  env: GuardEnvironment,
  requestMs = REQUEST_MS,
): GuardStore {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  const sessionToken = env.AWS_SESSION_TOKEN || undefined;
  if (!accessKeyId || !secretAccessKey) {
    throw new Error(
      `the guard at ${place.text} needs credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
    );
  }
  const base = `${place.endpoint}/${place.bucket}/${place.prefix && `${place.prefix}/`}${folder}`;
  const recordUrl = `${base}.json`;
  const trialUrl = `${base}.trial`;
  let known: { version: number; etag: string } | undefined;
  let isTried = false;

  async function send(method: 'GET' | 'PUT', url: string, given: Record<string, string>, body?: string) {
    const sha256 = createHash('sha256')
      .update(body ?? '')
      .digest('hex');
    const signed = await new AwsV4Signer({
      ...{ method, url, accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey! },
      ...(sessionToken && { sessionToken }),
      ...{ service: 's3', region: place.region, headers: { ...given, 'x-amz-content-sha256': sha256 } },
    }).sign();
    try {
      const reply = await fetch(signed.url, {
        method,
        headers: signed.headers,
        ...(body !== undefined && { body }),
        redirect: 'manual',
        signal: AbortSignal.timeout(requestMs),
      });
      return { status: reply.status, etag: reply.headers.get('etag'), text: await textOf(reply) };
    } catch (cause) {
      throw new Error(`${method} failed: ${reasonOf(cause as Error)}`, { cause });
    }
  }

  async function read(): Promise<{ version: number; text: string } | undefined> {
    const reply = await send('GET', recordUrl, {});
    known = undefined;
    if (reply.status === 404 && codeOf(reply) !== 'NoSuchBucket') return undefined;
    if (reply.status !== 200) throw refused('GET', reply);
    const { version, text } = JSON.parse(reply.text) as { version: number; text: string };
    if (!Number.isSafeInteger(version) || typeof text !== 'string')
      throw new Error('the object is no record');
    if (reply.etag === null) throw new Error('GET was answered without an ETag');
    known = { version, etag: reply.etag };
    return { version, text };
  }

  /** A service that does not know these headers ignores them, and every server would win. */
  async function tryConditions(): Promise<void> {
    const put = async (conditions: Record<string, string>) => {
      const reply = await send('PUT', trialUrl, conditions, 'parley');
      if (reply.status !== 412 && reply.status !== 200) throw refused('PUT', reply);
      return reply.status === 200;
    };
    await put({ 'if-none-match': '*' });
    const isIgnored =
      (await put({ 'if-none-match': '*' })) ||
      (await put({ 'if-match': '"00000000000000000000000000000000"' }));
    if (isIgnored) throw new Error('the service ignores If-None-Match or If-Match, so it cannot be a guard');
    isTried = true;
  }

  return {
    place: `s3://${place.bucket}/${place.prefix} (${place.endpoint})`,
    spacingMs: SPACING_MS,
    read,
    async replace(version, text) {
      if (!isTried) await tryConditions();
      if (version > 0 && known?.version !== version && (await read())?.version !== version) return false;
      const conditions: Record<string, string> =
        version === 0 ? { 'if-none-match': '*' } : { 'if-match': known!.etag };
      const body = JSON.stringify({ version: version + 1, text });
      const reply = await send('PUT', recordUrl, { ...conditions, 'content-type': 'application/json' }, body);
      if (reply.status === 200) {
        known = reply.etag === null ? undefined : { version: version + 1, etag: reply.etag };
        return true;
      }
      // 404: the object to be replaced was removed. 409: another write is on its way, and nothing is decided yet.
      if (reply.status === 412 || (reply.status === 404 && codeOf(reply) !== 'NoSuchBucket')) return false;
      throw refused('PUT', reply);
    },
  };
}

async function textOf(reply: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of reply.body ?? []) {
    bytes += part.byteLength;
    if (bytes > REPLY_BYTES_MAX) throw new Error(`the reply has more than ${REPLY_BYTES_MAX} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** S3's word for an error, from its document: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const codeOf = ({ text }: Reply): string | undefined => /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(text)?.[1];

function refused(method: string, reply: Reply): Error {
  return new Error([method, 'was answered with', reply.status, codeOf(reply)].filter(Boolean).join(' '));
}

/** `fetch` says "fetch failed"; what failed is its cause. */
function reasonOf(error: Error): string {
  const { cause } = error as { cause?: NodeJS.ErrnoException };
  return cause?.code ?? cause?.message ?? error.message;
}
