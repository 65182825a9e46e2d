import { appAdd, appAmend, appList, appRevoke, appRotate } from './app.ts';
import { appOauth } from './app-oauth.ts';
import { appSet } from './app-set.ts';
import { appToken, appTokens } from './app-token.ts';
import { audit } from './audit.ts';
import type { FolderCommand } from './command.ts';
import { importCommand } from './import.ts';
import { licenseeAdd, licenseeList } from './licensee.ts';
import { networkAnswer, networkOwn, networkRequests, networkSet, networkShow } from './network.ts';
import { operatorAdd, operatorList, operatorRevoke } from './operator.ts';
import { personAdd, personPassword } from './person.ts';
import { planAdd, planList } from './plan.ts';
import { sample } from './sample.ts';
import { signInClear, signInSet, signInShow } from './sign-in.ts';
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
  appSet,
  appOauth,
  appToken,
  appTokens,
  personAdd,
  personPassword,
  signInSet,
  signInShow,
  signInClear,
  operatorAdd,
  operatorList,
  operatorRevoke,
  networkShow,
  networkSet,
  networkOwn,
  networkRequests,
  networkAnswer,
  usage,
  audit,
];
