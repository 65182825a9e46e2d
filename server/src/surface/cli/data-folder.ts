import { readdirSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { controlAddress, isFolder } from '#datafolder/folder';
import { type Config, DATA_DEFAULT, type Flags, readConfig, SETTINGS } from '../../config.ts';
import { type ConfigFile, readConfigFile } from '../../config-file.ts';
import {
  type CliEnvironment,
  CommandError,
  type Input,
  type Surroundings,
  text,
  UsageError,
} from './command.ts';
import { isListening } from './control.ts';
import { rememberFolder, usedFolders } from './used-folders.ts';

/** The places that may name the data folder, in the order in which they are asked. */
export type NamedBy = 'flag' | 'environment' | 'file' | 'server' | 'default';

/** What a command goes by; `data` and `masterKeyFile` are absolute. */
export type FolderSettings = { config: Config; namedBy: NamedBy };

/** Foreign files that a refusal names; the rest is counted. */
const FOREIGN_SHOWN = 3;
/** Left by a start that died before its folder was made, or by the file system. */
const NOT_FOREIGN = new Set(['lock.db', 'lock.db-journal', 'folder.json.new', 'control.sock', 'lost+found']);
/** Any of these without `folder.json` is a data folder that lost it. */
const OURS = ['ledger', 'posts.db', 'terms.db', 'access.db'];

/**
 * The settings of a command and its data folder: `--data`, `PARLEY_DATA`, the configuration file, a server that was
 * started from this working directory and runs, else `./data`.
 * @param flags of the command beside `--data`.
 * @throws ConfigError for a wrong setting; UsageError when several servers of this directory run.
 */
export async function settingsOf(
  input: Input,
  { env = process.env }: Pick<Surroundings, 'env'>,
  flags: Flags = {},
): Promise<FolderSettings> {
  const file = configFile(input, env);
  const given: Flags = {
    ...flags,
    data: text(input, 'data'),
    masterKeyFile: text(input, 'masterKeyFile'),
  };
  const read = readConfig(given, env, file);
  const config = {
    ...read,
    data: resolve(input.cwd, read.data),
    masterKeyFile: resolve(input.cwd, read.masterKeyFile),
  };
  if (given.data !== undefined) return { config, namedBy: 'flag' };
  if (env[SETTINGS.data.env]) return { config, namedBy: 'environment' };
  if (file?.values.data !== undefined) return { config, namedBy: 'file' };
  const [served, ...others] = await servedFolders(input.cwd, env);
  if (served === undefined) return { config, namedBy: 'default' };
  if (others.length > 0)
    throw new UsageError(
      `several servers of this directory run. Say which one is meant: --data ${[served, ...others].join(' or --data ')}`,
    );
  return { config: { ...config, data: served }, namedBy: 'server' };
}

/** The file that `--config` or `PARLEY_CONFIG` names, else the one of the working directory, if there is one. */
function configFile(input: Input, env: CliEnvironment): ConfigFile | undefined {
  const named = text(input, 'config');
  if (named === '') throw new UsageError('--config is empty.');
  return readConfigFile(named ?? (env.PARLEY_CONFIG || undefined), input.cwd);
}

async function servedFolders(directory: string, env: CliEnvironment): Promise<string[]> {
  const folders = usedFolders(directory, env);
  const listening = await Promise.all(folders.map(isServed));
  return folders.filter((_, index) => listening[index]);
}

async function isServed(folder: string): Promise<boolean> {
  try {
    return await isListening(controlAddress(folder));
  } catch {
    return false; // an address that is not safe to use is no server of ours
  }
}

/** What a command is to a folder: it needs one, may begin one on the way, or serves one, which is how platforms begin. */
export type FolderUse = 'needs' | 'may-begin' | 'serves';

/**
 * Makes sure that a command may work on its folder: one that is there, or one that it may make. A second platform is
 * made only after a question, or with `--create`; foreign files stay alone unless `--force` is given.
 * @throws CommandError when the folder is missing or damaged; UsageError with the flag to add.
 */
export async function admitFolder(
  { config, namedBy }: FolderSettings,
  input: Input,
  around: Pick<Surroundings, 'ask' | 'env'>,
  use: FolderUse,
): Promise<void> {
  const path = config.data;
  if (isFolder(path)) return;
  const names = namesIn(path);
  refuseDamaged(path, names);
  if (use === 'needs') {
    throw new CommandError(
      `there is no data folder at ${path}. Give --data, or make one: parley start --data ${config.data}`,
    );
  }
  if (input.options.force !== true) refuseForeign(path, names);
  if (input.options.create === true || (use === 'serves' && namedBy === 'flag')) return;
  const other = await otherPlatform(path, input.cwd, around.env ?? process.env);
  if (other === undefined) return;
  const what = `${path} holds no platform yet; the platform of this directory is ${other}`;
  if (around.ask === undefined)
    throw new UsageError(`${what}. Add --data ${other} to use that one, or --create to make a second one.`);
  if (!(await around.ask(`${what}. Make a second one?`))) throw new CommandError('no folder was made.');
}

/** What lies in a folder; nothing in one that is not there. @throws CommandError when it cannot be looked into. */
function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    if (code === 'ENOTDIR')
      throw new CommandError(`${path} is a file: name a folder with --data.`, { cause });
    throw new CommandError(`${path} cannot be read: ${message}.`, { cause });
  }
}

function refuseDamaged(path: string, names: readonly string[]): void {
  const found = OURS.filter((name) => names.includes(name));
  if (found.length === 0) return;
  throw new CommandError(
    `${path} has ${found.join(', ')} but no folder.json, which holds its id: restore that file from a backup.`,
  );
}

function refuseForeign(path: string, names: readonly string[]): void {
  const foreign = names.filter((name) => !NOT_FOREIGN.has(name)).sort();
  if (foreign.length === 0) return;
  const more = foreign.length > FOREIGN_SHOWN ? ` and ${foreign.length - FOREIGN_SHOWN} more` : '';
  throw new UsageError(
    `${path} is no data folder and holds other files: ${foreign.slice(0, FOREIGN_SHOWN).join(', ')}${more}. Name an empty folder with --data, or add --force to use it all the same.`,
  );
}

/**
 * A platform that this directory has already, elsewhere than at `path`: one that is served from here, else one that lies
 * here or is named here.
 */
async function otherPlatform(
  path: string,
  directory: string,
  env: CliEnvironment,
): Promise<string | undefined> {
  const variable = env[SETTINGS.data.env];
  const named = readConfigFile(undefined, directory)?.values.data;
  return [
    ...(await servedFolders(directory, env)),
    ...usedFolders(directory, env).filter((one) => liesIn(directory, one)),
    ...(variable ? [resolve(directory, variable)] : []),
    ...(named === undefined ? [] : [named]),
    resolve(directory, DATA_DEFAULT),
  ].find((one) => one !== path && isFolder(one));
}

function liesIn(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way.split(sep, 1)[0] !== '..' && !isAbsolute(way);
}

/** Notes that a platform is at home in this directory, for later commands without `--data`. */
export function noteFolder(
  input: Input,
  { env = process.env }: Pick<Surroundings, 'env'>,
  data: string,
): void {
  rememberFolder(input.cwd, data, env);
}
