import type { Change } from '#posts';
import type { Reading } from '../reading.ts';
import { takeRecord } from '../record.ts';
import { BadRecord } from '../value.ts';

/**
 * One line of a push: an X API v2 object or page to upsert, or an operation. All of it or nothing is taken.
 * @throws BadRecord with what is wrong.
 */
export function parsePushLine(text: string, reading: Reading): Change[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadRecord('the line is not JSON; write one object a line, and no line breaks inside it');
  }
  const changes: Change[] = [];
  takeRecord(
    value,
    reading,
    (change) => changes.push(change),
    (reason) => {
      throw new BadRecord(reason);
    },
  );
  if (changes.length === 0) throw new BadRecord('the line says nothing');
  return changes;
}
