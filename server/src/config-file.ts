import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigError, type Flags, SETTINGS, type SettingName } from './config.ts';
import { nearest } from './nearest.ts';

/** The file that is read when none is named, in the working directory. */
export const CONFIG_FILE_NAME = 'parley.config.json';
/** Some fifty lines are expected; a larger file is another one. */
const BYTES_MAX = 64 << 10;

export type ConfigFile = {
  /** Absolute. */
  path: string;
  values: Flags;
};

/**
 * The configuration file: `named` (by `--config` or `PARLEY_CONFIG`), else `parley.config.json` in `cwd` if it is there.
 * One JSON object with the flags' names as keys. Values are text, for `port` a number too, for ranges a list too.
 * Relative paths start at the file's folder.
 * @throws ConfigError that names the file, for a named one that is missing, bad JSON, an unknown key, or a wrong type.
 */
export function readConfigFile(named: string | undefined, cwd: string): ConfigFile | undefined {
  const path = resolve(cwd, named ?? CONFIG_FILE_NAME);
  const text = readText(path, named !== undefined);
  if (text === undefined) return undefined;
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (cause) {
    const why = (cause as Error).message.split('\n')[0];
    throw new ConfigError(`${path} is not JSON: ${why}.`, { cause });
  }
  if (typeof found !== 'object' || found === null || Array.isArray(found))
    throw new ConfigError(`${path} has to be one JSON object, such as {"data": "data", "port": 8080}.`);
  return { path, values: Object.fromEntries(Object.entries(found).map((entry) => setting(path, entry))) };
}

function readText(path: string, isNamed: boolean): string | undefined {
  try {
    const kind = statSync(path);
    if (!kind.isFile()) throw new ConfigError(`${path} is not a file: name a configuration file.`);
    if (kind.size > BYTES_MAX)
      throw new ConfigError(`${path} is larger than ${BYTES_MAX} bytes: it is no configuration file.`);
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR')
      throw new ConfigError(`${path} cannot be read: ${message}.`, { cause });
    if (isNamed) throw new ConfigError(`there is no configuration file ${path}.`);
    return undefined;
  }
}

function setting(path: string, [key, value]: [string, unknown]): [SettingName, string] {
  const names = Object.keys(SETTINGS) as SettingName[];
  const name = names.find((one) => SETTINGS[one].flag === key);
  if (name === undefined) {
    const meant = nearest(
      key,
      names.map((one) => SETTINGS[one].flag),
    );
    const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`;
    throw new ConfigError(`${path} has the unknown key ${JSON.stringify(key.slice(0, 64))}.${hint}`);
  }
  const isList = Array.isArray(value) && value.every((one) => typeof one === 'string');
  const text = isList ? value.join(',') : typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || text === '')
    throw new ConfigError(`"${key}" in ${path} takes text in quotes that is not empty.`);
  return [name, 'isPath' in SETTINGS[name] ? resolve(dirname(path), text) : text];
}
