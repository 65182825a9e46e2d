import { createServer } from 'node:net';
import { isFolder } from '#datafolder/folder';
import { readTls } from '#http';
import type { Config } from '../../config.ts';
import { openParley } from '../../main.ts';
import { type Running, serve } from '../../wiring/serve.ts';
import { CommandError } from './command.ts';
import { folderCommands } from './commands.ts';
import { listenForCommands } from './control.ts';

export type Started = Running & { token?: string };

/** Opens the folder, serves it and takes commands for it. @returns with the first operator's token, if there was none yet. */
export async function startServer(config: Config): Promise<Started> {
  // Before the folder is touched.
  if (config.tls) readTls(config.tls);
  if (!isFolder(config.data)) await tryToListen(config);
  const parley = await openParley(config);
  let close = () => parley.close();
  try {
    const running = await serve(parley).catch((error) => {
      throw cannotListen(error, config) ?? error;
    });
    close = running.close;
    const control = await listenForCommands(parley.controlAddress, parley, folderCommands);
    close = async () => {
      await control.close();
      await running.close();
    };
    // Last, for a start that fails must not use up the one time that this token is shown.
    const isFirst = parley.access.operators().length === 0;
    const token = isFirst ? (await parley.access.addOperator('first')).token : undefined;
    return { ...running, token, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Before a folder is made, so that a start that cannot listen leaves none behind. @throws CommandError. */
async function tryToListen(config: Config): Promise<void> {
  const { host, port } = config;
  const probe = createServer();
  try {
    await new Promise<void>((listening, reject) => {
      probe.once('error', reject).listen({ host, port }, listening);
    });
    await new Promise<void>((closed) => probe.close(() => closed()));
  } catch (error) {
    throw cannotListen(error, config) ?? error;
  }
}

/** What the system says in code when an address cannot be listened on, and what an operator does about it. */
const LISTEN_FAULTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there. Stop it, or name another port with --port',
  EADDRNOTAVAIL: 'this machine has no such address. Name one of its own with --host, or 0.0.0.0 for all',
  ENOTFOUND: 'that name has no address. Name an address of this machine with --host',
  EACCES:
    'the system keeps that port for privileged programs. Name one from 1024 with --port, and put a proxy before it',
};

function cannotListen(error: unknown, { host, port }: Config): CommandError | undefined {
  const { code, syscall } = error as NodeJS.ErrnoException;
  const fault = syscall === 'listen' || syscall === 'getaddrinfo' ? LISTEN_FAULTS[code ?? ''] : undefined;
  return fault === undefined
    ? undefined
    : new CommandError(`Parley cannot listen on port ${port} of ${host}: ${fault}.`);
}
