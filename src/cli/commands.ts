import type { Command } from './command.ts';
import { demo } from './demo.ts';
import { folderCommands } from './folder-commands.ts';
import { ledgerVerify } from './ledger.ts';
import { fraudVerify, receiptCompare, receiptVerify } from './receipt.ts';
import { start } from './start.ts';

/** Every command of the program. */
export const commands: readonly Command[] = [
  start,
  demo,
  ...folderCommands,
  ledgerVerify,
  receiptVerify,
  receiptCompare,
  fraudVerify,
];
