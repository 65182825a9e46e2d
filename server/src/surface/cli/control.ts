import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Parley } from '../../main.ts';
import { CommandError, type FolderCommand, type Input, type Progress, UsageError } from './command.ts';

/**
 * How a command reaches the process that owns a data folder: a socket in the folder, open to its owner only.
 * One request a connection, as one JSON line; back come lines of progress and one last line of result or error.
 */
type Request = { command: string; input: Input };
type Line = { progress: Progress } | { result: unknown } | { error: { message: string; usage: boolean } };

const REQUEST_LENGTH_MAX = 1 << 20;
/** How long a stop waits for a caller to read its last line. */
const UNREAD_MS = 500;

export type Control = {
  /** Takes no more commands, tells those under way to stop, and waits until each has given its last answer. */
  close(): Promise<void>;
};

/** Listens until closed. A stale socket file of a killed owner is replaced: the folder's lock is held by us. */
export async function listenForCommands(
  address: string,
  parley: Parley,
  commands: readonly FolderCommand[],
): Promise<Control> {
  if (process.platform !== 'win32') rmSync(address, { force: true });
  const closing = new AbortController();
  const sockets = new Set<Socket>();
  const underWay = new Set<Promise<void>>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    const answered = answer(socket, parley, commands, closing.signal);
    underWay.add(answered);
    void answered.finally(() => underWay.delete(answered));
  });
  // Open to its owner only from its first moment: whoever opened the folder has set the umask.
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, resolve);
  });
  if (process.platform !== 'win32') chmodSync(address, 0o600);
  return {
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      closing.abort();
      await Promise.all(underWay);
      const unread = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, UNREAD_MS);
      await closed;
      clearTimeout(unread);
    },
  };
}

/** Never rejects: what goes wrong is the answer. */
async function answer(
  socket: Socket,
  parley: Parley,
  commands: readonly FolderCommand[],
  closing: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  socket.on('close', () => gone.abort());
  const send = (line: Line) => {
    if (socket.writable) socket.write(`${JSON.stringify(line)}\n`);
  };
  try {
    const request = JSON.parse(await firstLine(socket, closing)) as Request;
    const command = commands.find((one) => one.name === request.command);
    if (!command)
      throw new UsageError(
        `the running server does not know "${request.command}": it is of another version.`,
      );
    const result = await command.run(parley, request.input, {
      progress: (progress) => send({ progress }),
      signal: AbortSignal.any([gone.signal, closing]),
    });
    send({ result });
  } catch (error) {
    send({
      error: {
        message: error instanceof Error ? error.message : String(error),
        usage: error instanceof UsageError,
      },
    });
  }
  socket.end();
}

function firstLine(socket: Socket, closing: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const stopped = () => reject(new CommandError('the server is stopping; run the command again.'));
    if (closing.aborted) stopped();
    closing.addEventListener('abort', stopped);
    let text = '';
    socket.setEncoding('utf8');
    const read = (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) {
        socket.off('data', read);
        closing.removeEventListener('abort', stopped);
        socket.resume();
        resolve(text.slice(0, end));
      } else if (text.length > REQUEST_LENGTH_MAX) {
        socket.destroy();
        reject(new UsageError('the request is too long.'));
      }
    };
    socket.on('data', read);
    socket.on('close', () => {
      closing.removeEventListener('abort', stopped);
      reject(new CommandError('the caller went away.'));
    });
  });
}

/** True when a server listens there. */
export async function isListening(address: string): Promise<boolean> {
  const socket = await reach(address);
  socket?.destroy();
  return socket !== undefined;
}

function reach(address: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const attempt = connect(address);
    attempt.once('connect', () => resolve(attempt));
    attempt.once('error', () => resolve(undefined));
  });
}

/**
 * Asks the owner of a folder to run a command.
 * @returns undefined when nobody listens there.
 * @throws UsageError, CommandError as the owner said; CommandError when the signal or the owner's end stopped it.
 */
export async function askOwner(
  address: string,
  command: string,
  input: Input,
  progress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<{ result: unknown } | undefined> {
  const socket = await reach(address);
  if (!socket) return undefined;
  // A destroyed socket does not end its lines by itself.
  const lines = createInterface({ input: socket });
  socket.on('close', () => lines.close());
  socket.on('error', () => {});
  const abort = () => socket.destroy();
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort);
  socket.write(`${JSON.stringify({ command, input } satisfies Request)}\n`);
  for await (const text of lines) {
    const line = JSON.parse(text) as Line;
    if ('progress' in line) progress(line.progress);
    else {
      socket.destroy();
      if ('error' in line)
        throw line.error.usage ? new UsageError(line.error.message) : new CommandError(line.error.message);
      return { result: line.result };
    }
  }
  if (signal.aborted) throw new CommandError('stopped.');
  throw new CommandError(
    'the server that owns the folder stopped before it had finished; run the command again.',
  );
}
