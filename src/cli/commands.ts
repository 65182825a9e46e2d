import type { Command } from './command.ts';
import { folderCommands } from './folder-commands.ts';
import { start } from './start.ts';

/** Every command of the program. */
export const commands: readonly Command[] = [start, ...folderCommands];
