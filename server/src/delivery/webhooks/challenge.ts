import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Outbound, type OutboundFailure, Problem } from '#kernel';
import { OutboundError } from '#kernel/outbound';

/** X waits so long. */
export const CHALLENGE_MS = 10_000;
/** `{"response_token":"sha256=…"}` takes 70; some add a few fields. */
const ANSWER_BYTES_MAX = 8 << 10;
const TOKEN_BYTES = 24;

/** One of an app's keys, with the secret that both sides know. */
export type Secret = { consumerKey: string; secret: string };

/**
 * X's signature of a delivery's body, and of a challenge's token: `sha256=` and the base64 of HMAC-SHA256 (RFC 2104) with
 * the consumer secret as its key.
 */
export function signatureOf(secret: string, text: string): string {
  return `sha256=${createHmac('sha256', secret).update(text).digest('base64')}`;
}

/** The same for a name that leads inside and for one that is not there, so that no one can list the names of an inner network. */
const NO_PUBLIC_ADDRESS = 'its name leads to no public address that takes https';
/** No address and no port is in these words. */
const FAILURES: Readonly<Record<OutboundFailure, string>> = {
  refused: NO_PUBLIC_ADDRESS,
  unresolved: NO_PUBLIC_ADDRESS,
  unreachable: 'nobody answers there, or not with a certificate that holds',
  timeout: `no whole answer came within ${CHALLENGE_MS / 1_000} seconds`,
  cut: 'the answer broke off',
  'too-large': `the answer is longer than ${ANSWER_BYTES_MAX} bytes`,
  aborted: 'it was given up',
};

/** Which secret the receiver answered with, or why its answer is none. */
export type Answered = { consumerKey: string } | { refused: string };

/**
 * X's challenge-response check: GET with `crc_token`; the answer holds its signature. While a key is being rotated any of
 * the app's secrets will do, and the one it was is what deliveries are signed with.
 * @param tenant the licensee, whose share of look-ups it takes.
 */
export async function challenge(
  outbound: Outbound,
  url: string,
  secrets: readonly Secret[],
  tenant?: string,
): Promise<Answered> {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const asked = new URL(url);
  asked.searchParams.set('crc_token', token);
  asked.searchParams.set('nonce', randomBytes(TOKEN_BYTES).toString('base64url'));
  let answer: Awaited<ReturnType<Outbound['send']>>;
  try {
    answer = await outbound.send({
      url: asked.href,
      headers: { accept: 'application/json' },
      timeoutMs: CHALLENGE_MS,
      answerBytesMax: ANSWER_BYTES_MAX,
      tenant,
    });
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    return { refused: FAILURES[error.because] };
  }
  if (answer.status !== 200) return { refused: `the answer’s status is ${answer.status}, not 200` };
  const given = responseTokenOf(answer.body);
  if (given === undefined) return { refused: 'the answer is not {"response_token":"sha256=…"}' };
  const match = secrets.find(({ secret }) => isEqual(given, signatureOf(secret, token)));
  return match
    ? { consumerKey: match.consumerKey }
    : {
        refused: 'the response_token is not the HMAC-SHA256 of the crc_token with the app’s consumer secret',
      };
}

function responseTokenOf(body: Uint8Array): string | undefined {
  try {
    const { response_token: token } = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return typeof token === 'string' ? token : undefined;
  } catch {
    // Whatever it is, it is no answer to a challenge.
    return undefined;
  }
}

function isEqual(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** The problem that an address is which cannot be a webhook's. */
export function badAddress(url: string, why: string): Problem {
  const message = `The \`url\` [${url.slice(0, 200)}] ${why}`;
  return new Problem('invalid-request', { errors: [{ parameters: { url: [url.slice(0, 200)] }, message }] });
}

/** What the door would refuse anyway is refused before it is asked, with the same words. */
export function refuseBadAddress(outbound: Outbound, url: string): void {
  try {
    outbound.check(url);
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    throw badAddress(url, `cannot be called: ${error.message}`);
  }
}
