import { homedir } from 'node:os';
import { join } from 'node:path';
import { rangesOf } from '#kernel';

/** All that a start needs to know, checked. */
export type Config = {
  data: string;
  host: string;
  port: number;
  origin?: string;
  masterKey?: string;
  masterKeyFile: string;
  /** Ranges that Parley may call although they are not public; none unless said. */
  allowOutbound?: readonly string[];
};

export type Flags = { data?: string; host?: string; port?: string; origin?: string; allowOutbound?: string };

export class ConfigError extends Error {}

const ORIGIN_LENGTH_MAX = 128;

/**
 * Flags and environment to a checked configuration; flags win, and an empty variable is as if unset. Pure.
 * Environment: PARLEY_DATA, PARLEY_HOST, PARLEY_PORT, PARLEY_ORIGIN, PARLEY_ALLOW_OUTBOUND,
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
    allowOutbound: ranges(flags.allowOutbound ?? env.PARLEY_ALLOW_OUTBOUND ?? ''),
  };
}

function ranges(text: string): readonly string[] {
  const list = text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  try {
    rangesOf(list);
  } catch (error) {
    throw new ConfigError(`--allow-outbound: ${(error as Error).message}.`);
  }
  return list;
}
