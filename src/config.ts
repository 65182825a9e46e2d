import { homedir } from 'node:os';
import { join } from 'node:path';
import { rangesOf } from '#kernel';
import type { TlsFiles } from './tls.ts';

/** All that a start needs to know, checked. */
export type Config = {
  data: string;
  host: string;
  port: number;
  origin?: string;
  masterKey?: string;
  masterKeyFile: string;
  /** What the world reaches this server by, `https://api.example.com`; its own listening address unless said. */
  publicUrl?: string;
  /** Ranges at which the platform's backend may be although they are not public; none unless said. */
  allowOutbound?: readonly string[];
  /** The same for webhooks, which every licensee aims; none unless said. */
  allowWebhooks?: readonly string[];
  /** HTTPS, if it is set. */
  tls?: TlsFiles;
  /** Addresses whose X-Forwarded-For, -Proto and -Host are believed; nobody's unless said. */
  trustProxy?: readonly string[];
};

export type Flags = {
  data?: string;
  host?: string;
  port?: string;
  origin?: string;
  publicUrl?: string;
  allowOutbound?: string;
  allowWebhooks?: string;
  tlsCert?: string;
  tlsKey?: string;
  trustProxy?: string;
};

export class ConfigError extends Error {}

const ORIGIN_LENGTH_MAX = 128;

/**
 * Flags and environment to a checked configuration; flags win, and an empty variable is as if unset. Pure.
 * Environment: PARLEY_DATA, PARLEY_HOST, PARLEY_PORT, PARLEY_ORIGIN, PARLEY_PUBLIC_URL,
 * PARLEY_ALLOW_OUTBOUND, PARLEY_ALLOW_WEBHOOKS, PARLEY_TLS_CERT, PARLEY_TLS_KEY, PARLEY_TRUST_PROXY,
 * PARLEY_MASTER_KEY, PARLEY_MASTER_KEY_FILE.
 * @throws ConfigError with the flag's name and what it takes.
 */
export function readConfig(flags: Flags, env: Record<string, string | undefined>): Config {
  for (const [name, value] of Object.entries(flags)) {
    // An empty host would listen to everybody, an empty folder be the current one.
    if (value === '')
      throw new ConfigError(`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} is empty.`);
  }
  const port = flags.port ?? (env.PARLEY_PORT || '8080');
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new ConfigError(`--port takes a number from 0 (any free port) to 65535, not "${port}".`);
  }
  const origin = flags.origin ?? (env.PARLEY_ORIGIN || undefined);
  if (
    origin !== undefined &&
    (!/^[a-z0-9][a-z0-9.\-/]*[a-z0-9]$/.test(origin) || origin.length > ORIGIN_LENGTH_MAX)
  ) {
    throw new ConfigError(
      `--origin takes a name like data.example.com/parley (lower case, no scheme), not "${origin}".`,
    );
  }
  const configHome = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config');
  return {
    data: flags.data ?? (env.PARLEY_DATA || './data'),
    host: flags.host ?? (env.PARLEY_HOST || '127.0.0.1'),
    port: Number(port),
    origin,
    masterKey: env.PARLEY_MASTER_KEY || undefined,
    masterKeyFile: env.PARLEY_MASTER_KEY_FILE || join(configHome, 'parley', 'master.key'),
    publicUrl: publicUrl(flags.publicUrl ?? (env.PARLEY_PUBLIC_URL || undefined)),
    allowOutbound: ranges('--allow-outbound', flags.allowOutbound ?? env.PARLEY_ALLOW_OUTBOUND ?? ''),
    allowWebhooks: ranges('--allow-webhooks', flags.allowWebhooks ?? env.PARLEY_ALLOW_WEBHOOKS ?? ''),
    tls: tlsFiles(flags.tlsCert ?? env.PARLEY_TLS_CERT, flags.tlsKey ?? env.PARLEY_TLS_KEY),
    trustProxy: proxies(flags.trustProxy ?? env.PARLEY_TRUST_PROXY ?? ''),
  };
}

function tlsFiles(certFile: string | undefined, keyFile: string | undefined): TlsFiles | undefined {
  if (!certFile && !keyFile) return undefined;
  if (!certFile)
    throw new ConfigError('--tls-key needs --tls-cert: the certificate that the key belongs to.');
  if (!keyFile) throw new ConfigError("--tls-cert needs --tls-key: the certificate's private key.");
  return { certFile, keyFile };
}

/** Whoever believes everybody believes an attacker: `true`, a number of hops and whole address spaces are refused. */
function proxies(text: string): readonly string[] {
  const list = ranges('--trust-proxy', text);
  const whole = list.find((one) => one.endsWith('/0'));
  if (whole !== undefined) {
    throw new ConfigError(
      `--trust-proxy takes the addresses of your own proxies, not everybody's ("${whole}").`,
    );
  }
  return list;
}

/** Without a slash at its end, as addresses are put together here. */
function publicUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.origin !== text.replace(/\/$/, ''))
    throw new ConfigError(`--public-url takes scheme and host, like https://api.example.com, not "${text}".`);
  return url.origin;
}

function ranges(flag: string, text: string): readonly string[] {
  const list = text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  try {
    rangesOf(list);
  } catch (error) {
    throw new ConfigError(`${flag}: ${(error as Error).message}.`);
  }
  return list;
}

/** The host as it stands in an address: IPv6 in brackets. */
export function hostOf({ host }: Pick<Config, 'host'>): string {
  return host.includes(':') ? `[${host}]` : host;
}
