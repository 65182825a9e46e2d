import { isUtf8 } from 'node:buffer';
import type { Change } from '#posts';
import { BadRecord } from '../value.ts';
import { FileError } from './expand.ts';
import {
  type JsonRecord,
  JsonSplitter,
  JsonStructureError,
  type SplitterSink,
  wrapRecord,
} from './json-splitter.ts';

/** A record of the file: a line of JSON, a row of a table. Posts with all fields have some 10 KB; pages are opened. */
export const RECORD_BYTES_MAX = 1 << 20;
/** How much of a rejected record is shown. */
const SHOWN_LENGTH_MAX = 2_000;
/** A file that begins with this many bad records and not one good one holds something else. */
const ONLY_BAD_MAX = 1_000;

export type Rejected = { line: number; reason: string; text?: string };

/** Where a parsed file goes. */
export type Output = {
  change(change: Change, line: number): void;
  reject(rejected: Rejected): void;
  /** Names of a table's columns that no field takes. */
  leftOut(columns: readonly string[]): void;
  /** Bytes of the file that have been read, as it lies on disk. */
  read(fileBytes: number): void;
  /** Resolves when there is room for more; undefined if there is now. */
  room(): Promise<void> | undefined;
};

export type Take = (value: unknown, emit: (change: Change) => void, reject: (reason: string) => void) => void;

/** Turns records of JSON into changes; one bad record never costs another. */
export function createSink(output: Output, take: Take): SplitterSink {
  const guard = createGuard(output);
  /** A list or page that is no JSON as a whole is cut into its records: one slip costs one of them. */
  const parseHolder = (bytes: Buffer, text: string, line: number): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      const splitter = new JsonSplitter(sink, { recordBytesMax: RECORD_BYTES_MAX, line, opens: true });
      try {
        splitter.push(bytes);
        splitter.end();
      } catch (error) {
        throw error instanceof JsonStructureError ? new BadRecord(error.message) : error;
      }
      return undefined;
    }
  };
  const sink: SplitterSink = {
    record({ bytes, line, path }: JsonRecord) {
      const text = bytes.toString('utf8');
      guard(line, text, (emit, reject) => {
        if (text.includes('\ufffd') && !isUtf8(bytes)) throw new BadRecord('the line is not valid UTF-8');
        const value =
          path.length === 0 && HOLDER.test(text) ? parseHolder(bytes, text, line) : parseJson(text);
        if (value === undefined) return;
        take(path.length === 0 ? value : wrapRecord(value, path), emit, reject);
      });
    },
    tooLarge(line, reason) {
      guard(line, undefined, () => {
        throw new BadRecord(reason);
      });
    },
  };
  return sink;
}

/** What begins like a list or a page of the API. */
const HOLDER = /^\s*(?:\[|\{\s*"(?:data|includes|meta|orderedItems|users|tweets)"\s*:)/;

/** @returns undefined for a line of white space. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (text.trim() === '') return undefined;
    throw new BadRecord(`not JSON: ${error instanceof Error ? error.message.slice(0, 200) : 'unreadable'}`);
  }
}

type Guarded = (emit: (change: Change) => void, reject: (reason: string) => void) => void;

/** Runs the taking of one record; its refusal becomes a line of the rejected file. */
export function createGuard(output: Output): (line: number, text: string | undefined, take: Guarded) => void {
  let good = 0;
  let bad = 0;
  return (line, text, take) => {
    const reject = (reason: string) => {
      bad++;
      output.reject({ line, reason, ...(text !== undefined && { text: text.slice(0, SHOWN_LENGTH_MAX) }) });
    };
    try {
      take((change) => {
        good++;
        output.change(change, line);
      }, reject);
    } catch (error) {
      if (!(error instanceof BadRecord)) throw error;
      reject(error.message);
    }
    if (good === 0 && bad >= ONLY_BAD_MAX) {
      throw new FileError(
        `the first ${ONLY_BAD_MAX} records are all bad, so this is probably no file of posts; see the rejected file`,
      );
    }
  };
}
