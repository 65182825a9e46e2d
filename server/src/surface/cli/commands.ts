import type { CliCommand, FolderCommand } from './command.ts';
import { loaders } from './loaders.ts';

/** Every command of the program, loaded. */
export const commands: readonly CliCommand[] = await Promise.all(
  Object.values(loaders).map((load) => load()),
);

/** Commands that run in the process that owns the data folder. */
export const folderCommands: readonly FolderCommand[] = commands.filter(
  (command) => command.place === 'folder',
);
