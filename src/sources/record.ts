import { takeOperation } from './operation.ts';
import type { Emit, Reading, Reject } from './reading.ts';
import { BadRecord, isObject, quote } from './value.ts';
import { isXPage, xObject, xPage } from './x/page.ts';

/**
 * Takes one JSON value of a file or a push: an X API v2 object, a whole page, an operation, or a list of these.
 * @param reject for a part that cannot be taken while the rest can.
 * @throws BadRecord when nothing of the value can be taken.
 */
export function takeRecord(value: unknown, reading: Reading, emit: Emit, reject: Reject): void {
  if (Array.isArray(value)) {
    value.forEach((item: unknown, index) => {
      try {
        takeRecord(item, reading, emit, (reason) => reject(`[${index}] ${reason}`));
      } catch (error) {
        if (!(error instanceof BadRecord)) throw error;
        reject(`[${index}] ${error.message}`);
      }
    });
    return;
  }
  if (!isObject(value)) throw new BadRecord(`${quote(value)} is no JSON object`);
  if (value.op !== undefined) emit(takeOperation(value, reading));
  else if (isXPage(value)) xPage(value, reading, emit, reject);
  else xObject(value, reading, emit);
}
