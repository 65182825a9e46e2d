import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { NetworkSettings } from '#actions';
import { CommandError, type FolderCommand, required, text, UsageError } from './command.ts';
import { table } from './table.ts';

/** A key or a secret is far smaller; somebody named another file. */
const KEY_FILE_BYTES_MAX = 16 << 10;

export const networkShow: FolderCommand = {
  place: 'folder',
  name: 'network show',
  summary: 'is this the network itself, or does a platform stand behind it',
  run: async (parley): Promise<NetworkSettings> => parley.network.settings.show(),
  show: described,
};

export const networkSet: FolderCommand = {
  place: 'folder',
  makesFolder: true,
  name: 'network set',
  summary: 'hand what persons do to a platform’s backend, as signed commands',
  options: [
    ['--backend <url>', 'address that takes commands, https'],
    ['--key-file <file>', 'ed25519 private key (PEM), or a shared secret of 32 bytes or more'],
    ['--generate-key', 'make a new ed25519 key instead'],
    ['--key-id <name>', 'name of the key in signatures (default parley- and the day)'],
  ],
  async run(parley, input): Promise<NetworkSettings> {
    const file = text(input, 'keyFile');
    if ((file === undefined) === (input.options.generateKey !== true))
      throw new UsageError('either --key-file or --generate-key says which key signs.');
    const url = required(input, 'backend');
    const keyId = text(input, 'keyId');
    const key = file === undefined ? undefined : readKeyFile(resolve(input.cwd, file));
    return parley.network.settings.setBackend(url, { key, keyId });
  },
  show: described,
};

export const networkOwn: FolderCommand = {
  place: 'folder',
  name: 'network own',
  summary: 'be the network itself',
  run: async (parley): Promise<NetworkSettings> => parley.network.settings.setOwn(),
  show: described,
};

type Asked = { from: string; to: string; at: string };

export const networkRequests: FolderCommand = {
  place: 'folder',
  name: 'network requests',
  summary: 'requests to follow protected persons that wait',
  run: async (parley): Promise<Asked[]> =>
    parley.network.followRequests().map(({ from, to, at }) => ({ from, to, at: new Date(at).toISOString() })),
  show: (rows: Asked[]) =>
    table(
      ['from', 'to', 'since'],
      rows.map((row) => [row.from, row.to, row.at]),
    ),
};

type Answered = { from: string; to: string; granted: boolean };

export const networkAnswer: FolderCommand = {
  place: 'folder',
  name: 'network answer',
  summary: 'grant a request to follow, or turn it down',
  args: '<from> <to>',
  options: [['--decline', 'turn it down']],
  async run(parley, input): Promise<Answered> {
    const [from = '', to = ''] = input.args;
    const granted = input.options.decline !== true;
    await parley.network.answerRequest(from, to, granted);
    return { from, to, granted };
  },
  show: ({ from, to, granted }: Answered) =>
    granted ? `${from} follows ${to}.` : `the request of ${from} to follow ${to} is turned down.`,
};

function readKeyFile(path: string): Uint8Array {
  try {
    if (statSync(path).size > KEY_FILE_BYTES_MAX) throw new Error('it is too large for a key');
    return readFileSync(path);
  } catch (error) {
    throw new CommandError(`the key file cannot be read: ${(error as Error).message}.`);
  }
}

function described({ mode, backend, pending }: NetworkSettings): string {
  if (mode === 'own' || !backend) return 'Parley is the network itself.';
  return [
    `backend  ${backend.url}`,
    `key      ${backend.keyId} (${backend.algorithm})`,
    `pending  ${pending}`,
    ...(backend.publicKey ? ['The backend checks signatures by', backend.publicKey.trimEnd()] : []),
  ].join('\n');
}
