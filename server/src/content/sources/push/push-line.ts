import { type JsonLimits, jsonExcess } from '#kernel';
import type { Change } from '#posts';
import type { SourceReading } from '../reading.ts';
import { takeRecord } from '../record.ts';
import { BadRecord } from '../value.ts';

/** A line is applied in one transaction; a page of the API holds 500 posts and what they point at. */
const CHANGES_MAX = 5_000;

/** X's pages are nested some ten deep, and a value takes some twenty bytes: no line of this size holds more. */
const LINE_LIMITS: JsonLimits = { bytesMax: 1 << 20, depthMax: 64, valuesMax: 60_000 };

/**
 * One line of a push: an X API v2 object or page to upsert, or an operation. All of it or nothing is taken.
 * @throws BadRecord with what is wrong.
 */
export function parsePushLine(text: string, reading: SourceReading): Change[] {
  const excess = jsonExcess(Buffer.from(text), LINE_LIMITS);
  if (excess) throw new BadRecord(excess.message);
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
  if (changes.length > CHANGES_MAX)
    throw new BadRecord(`the line holds ${changes.length} objects: at most ${CHANGES_MAX} are taken`);
  if (changes.length === 0) throw new BadRecord('the line says nothing');
  return changes;
}
