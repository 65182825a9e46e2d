import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { CommandError, type FolderCommand, required, text } from './command.ts';

const KEY_FILE_BYTES_MAX = 64 << 10;

type Settings = {
  by: 'password' | 'hand-off';
  url: string | null;
  origin: string | null;
  issuer: string | null;
  algorithm: string | null;
};

const NONE: Settings = { by: 'password', url: null, origin: null, issuer: null, algorithm: null };

export const signInSet: FolderCommand = {
  place: 'folder',
  name: 'sign-in set',
  summary: 'persons sign in at the platform, which names them by a signed token',
  options: [
    ['--url <url>', 'the platform’s page, to which browsers are sent'],
    ['--key <file>', 'PEM or JWK of the platform’s public key, or a secret that both share'],
    ['--origin <url>', 'scheme and host under which persons see this server: the token’s audience'],
    ['--issuer <text>', 'who has to have signed it, as `iss` says'],
  ],
  async run(parley, input): Promise<Settings> {
    const file = resolve(input.cwd, required(input, 'key'));
    const settings = parley.access.persons.handOff.set({
      url: required(input, 'url'),
      origin: required(input, 'origin'),
      issuer: text(input, 'issuer'),
      key: readKey(file),
    });
    return { by: 'hand-off', ...settings };
  },
  show,
};

export const signInShow: FolderCommand = {
  place: 'folder',
  name: 'sign-in show',
  summary: 'how persons sign in',
  async run(parley): Promise<Settings> {
    const settings = parley.access.persons.handOff.settings();
    return settings ? { by: 'hand-off', ...settings } : NONE;
  },
  show,
};

export const signInClear: FolderCommand = {
  place: 'folder',
  name: 'sign-in clear',
  summary: 'persons sign in here again, by password',
  async run(parley): Promise<Settings> {
    parley.access.persons.handOff.clear();
    return NONE;
  },
  show,
};

function readKey(file: string): string {
  try {
    if (statSync(file).size > KEY_FILE_BYTES_MAX) throw new CommandError(`${file} is too large to be a key.`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${file} cannot be read.`);
  }
}

function show(settings: Settings): string {
  if (settings.by === 'password') return 'persons sign in here, by password.';
  return [
    'persons sign in at the platform.',
    `page       ${settings.url}`,
    `audience   ${settings.origin}`,
    `issuer     ${settings.issuer ?? 'not checked'}`,
    `algorithm  ${settings.algorithm}`,
  ].join('\n');
}
