import { appAdd, appAmend, appList, appRevoke, appRotate } from './app.ts';
import { appToken, appTokens } from './app-token.ts';
import { audit } from './audit.ts';
import type { FolderCommand } from './command.ts';
import { importCommand } from './import.ts';
import { licenseeAdd, licenseeList } from './licensee.ts';
import { operatorAdd, operatorList, operatorRevoke } from './operator.ts';
import { planAdd, planList } from './plan.ts';
import { sample } from './sample.ts';
import { usage } from './usage.ts';

/** Commands that run in the process that owns the data folder. */
export const folderCommands: readonly FolderCommand[] = [
  importCommand,
  sample,
  planList,
  planAdd,
  licenseeAdd,
  licenseeList,
  appAdd,
  appList,
  appRotate,
  appRevoke,
  appAmend,
  appToken,
  appTokens,
  operatorAdd,
  operatorList,
  operatorRevoke,
  usage,
  audit,
];
