import { homedir } from 'node:os';
import { join } from 'node:path';
import { rangesOf } from '#kernel/address-range';
import { guardPlace } from './datafolder/guard-place.ts';
import { LOG_FORMATS, LOG_LEVELS, type LogSettings } from './http/log-settings.ts';
import type { TlsFiles } from './http/tls.ts';

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
  /** The folder on another disk, or address, that guards the data folder; `none` to forget it; as before unless said. */
  guard?: string;
  /** What is logged on standard error, and how; `info` and above as text unless said. */
  log?: LogSettings;
  /** The OpenTelemetry collector to which traces go, without a path of ours; none unless said. */
  otlpEndpoint?: string;
};

/** Where a setting comes from: its flag, its environment variable, or the configuration file under the flag's name. */
type Setting = {
  flag: string;
  env: string;
  /** The value is a path: in the configuration file it starts where that file lies. */
  isPath?: true;
};

/** Every setting by its name in the code. A new one is added here, to the flags of `start` and to the reference. */
export const SETTINGS = {
  data: { flag: 'data', env: 'PARLEY_DATA', isPath: true },
  host: { flag: 'host', env: 'PARLEY_HOST' },
  port: { flag: 'port', env: 'PARLEY_PORT' },
  origin: { flag: 'origin', env: 'PARLEY_ORIGIN' },
  publicUrl: { flag: 'public-url', env: 'PARLEY_PUBLIC_URL' },
  allowOutbound: { flag: 'allow-outbound', env: 'PARLEY_ALLOW_OUTBOUND' },
  allowWebhooks: { flag: 'allow-webhooks', env: 'PARLEY_ALLOW_WEBHOOKS' },
  tlsCert: { flag: 'tls-cert', env: 'PARLEY_TLS_CERT', isPath: true },
  tlsKey: { flag: 'tls-key', env: 'PARLEY_TLS_KEY', isPath: true },
  trustProxy: { flag: 'trust-proxy', env: 'PARLEY_TRUST_PROXY' },
  guard: { flag: 'guard', env: 'PARLEY_GUARD' },
  logLevel: { flag: 'log-level', env: 'PARLEY_LOG_LEVEL' },
  logFormat: { flag: 'log-format', env: 'PARLEY_LOG_FORMAT' },
  otlpEndpoint: { flag: 'otlp-endpoint', env: 'OTEL_EXPORTER_OTLP_ENDPOINT' },
  masterKeyFile: { flag: 'master-key-file', env: 'PARLEY_MASTER_KEY_FILE', isPath: true },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;

/** Values of settings as text, as flags give them. */
export type Flags = { [Name in SettingName]?: string };

export class ConfigError extends Error {}

export const DATA_DEFAULT = './data';
const ORIGIN_LENGTH_MAX = 128;

/** One setting's value, and what to call it in a complaint: by the place that it comes from. */
type Given = { value: string | undefined; label: string };

/**
 * Flags, environment and the configuration file's values to a checked configuration. Flags win over the environment,
 * which wins over the file; an empty variable is as if unset. Pure.
 * `PARLEY_MASTER_KEY` is read from the environment alone.
 * @throws ConfigError with the setting's name and what it takes.
 */
export function readConfig(
  flags: Flags,
  env: Record<string, string | undefined>,
  file: { path: string; values: Flags } = { path: '', values: {} },
): Config {
  const given = (name: SettingName): Given => {
    const { flag, env: variable } = SETTINGS[name];
    // An empty host would listen to all addresses, an empty folder be the current one.
    if (flags[name] === '') throw new ConfigError(`--${flag} is empty.`);
    if (flags[name] !== undefined) return { value: flags[name], label: `--${flag}` };
    if (env[variable]) return { value: env[variable], label: variable };
    if (file.values[name] !== undefined)
      return { value: file.values[name], label: `"${flag}" in ${file.path}` };
    return { value: undefined, label: `--${flag}` };
  };
  const configHome = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config');
  return {
    data: given('data').value ?? DATA_DEFAULT,
    host: given('host').value ?? '127.0.0.1',
    port: port(given('port')),
    origin: origin(given('origin')),
    masterKey: env.PARLEY_MASTER_KEY || undefined,
    masterKeyFile: given('masterKeyFile').value ?? join(configHome, 'parley', 'master.key'),
    publicUrl: publicUrl(given('publicUrl')),
    allowOutbound: ranges(given('allowOutbound')),
    allowWebhooks: ranges(given('allowWebhooks')),
    tls: tlsFiles(given('tlsCert'), given('tlsKey')),
    trustProxy: proxies(given('trustProxy')),
    guard: guard(given('guard'), env),
    log: {
      level: oneOf(LOG_LEVELS, given('logLevel'), 'info'),
      format: oneOf(LOG_FORMATS, given('logFormat'), 'text'),
    },
    otlpEndpoint: collector(given('otlpEndpoint')),
  };
}

/** Unchanged, for the folder remembers it. A complaint does not repeat it: it may hold a password. */
function guard({ value, label }: Given, env: Record<string, string | undefined>): string | undefined {
  try {
    if (value !== undefined && value !== 'none') guardPlace(value, env);
  } catch (error) {
    throw new ConfigError(`${label} ${(error as Error).message}`);
  }
  return value;
}

function port({ value = '8080', label }: Given): number {
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535) {
    throw new ConfigError(`${label} takes a number from 0 (any free port) to 65535, not "${value}".`);
  }
  return Number(value);
}

function origin({ value, label }: Given): string | undefined {
  if (value === undefined) return undefined;
  if (!/^[a-z0-9][a-z0-9.\-/]*[a-z0-9]$/.test(value) || value.length > ORIGIN_LENGTH_MAX) {
    throw new ConfigError(
      `${label} takes a name like data.example.com/parley (lower case, no scheme), not "${value}".`,
    );
  }
  return value;
}

function oneOf<Word extends string>(words: readonly Word[], { value, label }: Given, fallback: Word): Word {
  const word = words.find((one) => one === (value ?? fallback));
  if (word === undefined) throw new ConfigError(`${label} takes one of ${words.join(', ')}, not "${value}".`);
  return word;
}

function tlsFiles(cert: Given, key: Given): TlsFiles | undefined {
  if (!cert.value && !key.value) return undefined;
  if (!cert.value)
    throw new ConfigError(`${key.label} needs --tls-cert: the certificate that the key belongs to.`);
  if (!key.value) throw new ConfigError(`${cert.label} needs --tls-key: the certificate's private key.`);
  return { certFile: cert.value, keyFile: key.value };
}

/** Whoever believes everybody believes an attacker: `true`, a number of hops and whole address spaces are refused. */
function proxies(given: Given): readonly string[] {
  const list = ranges(given);
  const whole = list.find((one) => one.endsWith('/0'));
  if (whole !== undefined) {
    throw new ConfigError(
      `${given.label} takes the addresses of your own proxies, not everybody's ("${whole}").`,
    );
  }
  return list;
}

/** Without a slash at its end, as addresses are put together here. */
function publicUrl({ value, label }: Given): string | undefined {
  if (value === undefined) return undefined;
  const url = URL.parse(value);
  if (!url || !/^https?:$/.test(url.protocol) || url.origin !== value.replace(/\/$/, ''))
    throw new ConfigError(`${label} takes scheme and host, like https://api.example.com, not "${value}".`);
  return url.origin;
}

/** Where `/v1/traces` is put behind: an address that may have a path, and nothing else. */
function collector({ value, label }: Given): string | undefined {
  if (value === undefined) return undefined;
  const url = URL.parse(value);
  if (
    !url ||
    !/^https?:$/.test(url.protocol) ||
    url.search !== '' ||
    url.hash !== '' ||
    url.username !== ''
  ) {
    throw new ConfigError(`${label} takes an address like http://127.0.0.1:4318, not "${value}".`);
  }
  return `${url.origin}${url.pathname.replace(/\/$/, '')}`;
}

function ranges({ value = '', label }: Given): readonly string[] {
  const list = value
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  try {
    rangesOf(list);
  } catch (error) {
    throw new ConfigError(`${label}: ${(error as Error).message}.`);
  }
  return list;
}

/** The host as it stands in an address: IPv6 in brackets. */
export function hostOf({ host }: Pick<Config, 'host'>): string {
  return host.includes(':') ? `[${host}]` : host;
}
