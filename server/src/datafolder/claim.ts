import { createServer, type Server } from 'node:net';
import { FolderBusy } from './folder.ts';

/** A folder's id, claimed on this host until `release`. */
export type FolderClaim = { release(): Promise<void> };

/**
 * Claims a folder's id on this host: no second process, whatever path it found the folder or a copy of it at, gets it.
 * The claim is an abstract Unix socket, which the system frees when the process dies. It holds within one network
 * namespace of Linux (two containers do not see each other's); elsewhere there is none, and the folder's lock stands alone.
 * @throws FolderBusy when another process has it
 */
export async function claimFolder(id: string): Promise<FolderClaim> {
  if (process.platform !== 'linux') return { release: async () => {} };
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EADDRINUSE') return reject(cause);
      const what =
        `another process on this host runs a folder with the id ${id}: this one, whose lock.db was moved, or a copy of ` +
        'it. Stop it first: two servers of one folder would sign two histories.';
      reject(new FolderBusy(what, { cause }));
    });
    server.listen(`\0parley-folder-${id}`, () => resolve());
  });
  server.unref();
  return { release: () => close(server) };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
