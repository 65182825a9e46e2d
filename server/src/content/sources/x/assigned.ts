import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { BadRecord } from '../value.ts';

/** Files of X archives are JavaScript that assigns one value: `window.YTD.account.part0 = …`, of old `var user_details = …`. */
const ASSIGNMENT = /^\ufeff?\s*(?:window\.YTD\.\w+\.part\d+|var\s+user_details)\s*=\s*/;

/**
 * The value that a file of an X archive assigns.
 * @param bytesMax of the file, which is read whole.
 * @returns undefined if there is no such file. @throws BadRecord for one that is larger, or is none of X's.
 */
export function assignedIn(path: string, bytesMax: number): unknown {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) return undefined;
  if (stat.size > bytesMax) throw new BadRecord(`${basename(path)} is larger than ${bytesMax} bytes`);
  try {
    return JSON.parse(readFileSync(path, 'utf8').replace(ASSIGNMENT, '').trim().replace(/;$/, ''));
  } catch {
    throw new BadRecord(`${basename(path)} beside it is not a file of an X archive`);
  }
}
