import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
} from 'node:crypto';
import { Problem } from '#kernel';

/**
 * HTTP Message Signatures (RFC 9421) with the two of its algorithms that need no choices: `ed25519`, by which the backend
 * holds only a public key, and `hmac-sha256` for one that cannot check it. The body is covered by its digest (RFC 9530).
 */
export type SigningKey = {
  algorithm: 'ed25519' | 'hmac-sha256' /** PEM of a private key, or the shared secret. */;
  secret: Uint8Array;
};

/** RFC 9421, 3.3.3: the key of an HMAC is as long as its hash at least. */
const SECRET_BYTES_MIN = 32;
const SECRET_BYTES_MAX = 1_024;

export function generateKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { algorithm: 'ed25519', secret: Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })) };
}

/** @param bytes of a file: an ed25519 private key as PEM (PKCS #8), or else a shared secret. @throws Problem. */
export function readKey(bytes: Uint8Array): SigningKey {
  const text = Buffer.from(bytes).toString('latin1');
  if (!text.includes('-----BEGIN')) {
    const secret = Buffer.from(text.trimEnd(), 'latin1');
    if (secret.length >= SECRET_BYTES_MIN && secret.length <= SECRET_BYTES_MAX)
      return { algorithm: 'hmac-sha256', secret };
    throw unfit(`A shared secret has ${SECRET_BYTES_MIN} to ${SECRET_BYTES_MAX} bytes.`);
  }
  try {
    if (createPrivateKey(text).asymmetricKeyType === 'ed25519')
      return { algorithm: 'ed25519', secret: bytes };
  } catch {
    // Not a key at all, or a sealed one: the same words for both.
  }
  throw unfit(
    'The key file is neither an ed25519 private key in PEM without a password, nor a shared secret.',
  );
}

/** What the backend checks signatures by, as PEM; undefined for a shared secret. */
export function publicKeyOf({ algorithm, secret }: SigningKey): string | undefined {
  if (algorithm !== 'ed25519') return undefined;
  return String(createPublicKey(Buffer.from(secret)).export({ type: 'spki', format: 'pem' }));
}

/** RFC 9530. */
export function contentDigest(body: Uint8Array): string {
  return `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
}

/** One component of a message: its name, such as `@method` or `content-type`, and its value. */
export type Component = readonly [name: string, value: string];

/** RFC 9421, 2.5: what is signed. @param params what follows the list of names: `;created=1618884473;keyid="k"`. */
export function signatureBase(
  components: readonly Component[],
  params: string,
): { base: string; input: string } {
  const input = `(${components.map(([name]) => `"${name}"`).join(' ')})${params}`;
  const lines = components.map(([name, value]) => `"${name}": ${value.trim()}`);
  return { base: [...lines, `"@signature-params": ${input}`].join('\n'), input };
}

export function signBase(base: string, { algorithm, secret }: SigningKey): string {
  const bytes = Buffer.from(base);
  const signature =
    algorithm === 'ed25519'
      ? sign(null, bytes, createPrivateKey(Buffer.from(secret)))
      : createHmac('sha256', secret).update(bytes).digest();
  return signature.toString('base64');
}

/** The headers of a signed request. @param created Unix seconds. */
export function signedHeaders(
  request: { method: string; url: string; body: Uint8Array; headers: Readonly<Record<string, string>> },
  key: SigningKey & { keyId: string },
  created: number,
): Record<string, string> {
  const headers: Record<string, string> = {
    ...request.headers,
    'content-digest': contentDigest(request.body),
  };
  const components: Component[] = [
    ['@method', request.method],
    ['@target-uri', request.url],
    ...Object.entries(headers),
  ];
  const params = `;created=${created};keyid="${key.keyId}";alg="${key.algorithm}"`;
  const { base, input } = signatureBase(components, params);
  return { ...headers, 'signature-input': `parley=${input}`, signature: `parley=:${signBase(base, key)}:` };
}

function unfit(detail: string): Problem {
  return new Problem('body-invalid', { detail });
}
