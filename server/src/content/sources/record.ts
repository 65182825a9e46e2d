import { takeOperation } from './operation.ts';
import type { Emit, Reject, SourceReading } from './reading.ts';
import { attempt, BadRecord, isObject, quote } from './value.ts';
import { isXPage, xObject, xPage } from './x/page.ts';
import { isV1Person, isV1Post, takeV1Post, v1Person } from './x/v1.ts';

/**
 * Takes one JSON value of a file or a push: an X API v2 object, a whole page, an operation, a
 * v1.1 object, or a list of these.
 * @param reject for a part that cannot be taken while the rest can.
 * @throws BadRecord when nothing of the value can be taken.
 */
export function takeRecord(value: unknown, reading: SourceReading, emit: Emit, reject: Reject): void {
  if (!Array.isArray(value)) {
    takeObject(value, reading, emit, reject);
    return;
  }
  value.forEach((item: unknown, index) => {
    const refuse = (reason: string) => reject(`[${index}] ${reason}`);
    attempt(() => takeObject(item, reading, emit, refuse), refuse);
  });
}

function takeObject(value: unknown, reading: SourceReading, emit: Emit, reject: Reject): void {
  if (!isObject(value)) throw new BadRecord(`${quote(value)} is no JSON object`);
  if (value.op !== undefined) emit(takeOperation(value, reading));
  else if (isXPage(value)) xPage(value, reading, emit, reject);
  else if (isObject(value.tweet)) takeV1Post(value.tweet, reading, emit);
  else if (isV1Post(value)) takeV1Post(value, reading, emit);
  else if (isV1Person(value)) emit({ kind: 'person', ...v1Person(value) });
  else xObject(value, reading, emit);
}
