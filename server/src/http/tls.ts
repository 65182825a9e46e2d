import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Where certificate and key lie, as the operator named them. */
export type TlsFiles = { certFile: string; keyFile: string };

/** What Node's TLS takes, read and checked. */
export type TlsPair = { cert: string; key: string };

/** TLS 1.0 and 1.1 are obsolete (RFC 8996). */
export const TLS_VERSION_MIN = 'TLSv1.2';
/** As long as a request's head may take. */
export const TLS_HANDSHAKE_MS = 20_000;

/**
 * Reads certificate (with its chain, the server's own first) and key, both PEM.
 * @throws Error that names the file and what is wrong with it: not there, not readable, no certificate, no key, a key with
 * a passphrase, or a key of another certificate.
 */
export function readTls({ certFile, keyFile }: TlsFiles): TlsPair {
  const cert = read(certFile, '--tls-cert');
  const key = read(keyFile, '--tls-key');
  const certificate = parsed('--tls-cert', certFile, 'certificate', () => new X509Certificate(cert));
  const privateKey = parsed('--tls-key', keyFile, 'private key without a passphrase', () =>
    createPrivateKey(key),
  );
  if (!belongs(certificate, privateKey)) {
    throw new Error(`--tls-key: ${keyFile} is not the key of the first certificate in ${certFile}.`);
  }
  return { cert, key };
}

function read(file: string, flag: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT' ? 'is not there' : code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`;
    throw new Error(`${flag}: ${file} ${why}.`, { cause: error });
  }
}

/** What a parser says of a key is not passed on: it could quote it. */
function parsed<T>(flag: string, file: string, what: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    throw new Error(`${flag}: ${file} holds no ${what} in PEM.`);
  }
}

function belongs(certificate: X509Certificate, key: KeyObject): boolean {
  return certificate.checkPrivateKey(key);
}
