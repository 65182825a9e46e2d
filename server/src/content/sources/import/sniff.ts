import { isUtf8 } from 'node:buffer';
import { archivePart } from './archive.ts';
import { FileError } from './expand.ts';

export type Format = 'json-lines' | 'json' | 'x-archive' | 'mastodon' | 'csv' | 'parquet' | 'zip';

/** Enough to hold a few posts with all their fields, so that lines can be told from a document. */
export const HEAD_BYTES = 64 * 1024;

const BOM = '\ufeff';
/** ActivityPub: a collection, or activities one by one. */
const ACTIVITIES = /"orderedItems"\s*:|^[[{\s]*"@context"[\s\S]*"type"\s*:\s*"(?:Create|Announce)"/;

const ZIP_MAGIC = '504b0304';

/** First bytes of files that people hand in by mistake, and what to do about it. */
const FOREIGN: readonly [magic: string, advice: string][] = [
  ['425a68', 'compressed with bzip2; expand it, or compress it with gzip or zstd'],
  ['fd377a585a00', 'compressed with xz; expand it, or compress it with gzip or zstd'],
  ['53514c69746520666f726d6174203300', 'a SQLite database; export its table as CSV'],
  ['fffe', 'UTF-16 text; save it as UTF-8'],
  ['feff', 'UTF-16 text; save it as UTF-8'],
];

/**
 * What a file holds, told by its first bytes (after decompression), never by its name.
 * @param whole true if `head` is all there is.
 * @throws FileError for what no reader here takes, with what to do instead.
 */
export function sniff(head: Buffer, whole: boolean): Format {
  const hex = head.subarray(0, 16).toString('hex');
  if (hex.startsWith(Buffer.from('PAR1').toString('hex'))) return 'parquet';
  if (hex.startsWith(ZIP_MAGIC)) return 'zip';
  for (const [magic, advice] of FOREIGN) {
    if (hex.startsWith(magic)) throw new FileError(`the file is ${advice}`);
  }
  if (isBinary(head)) throw new FileError('the file is binary: no posts can be read from it');
  const text = head.toString('utf8').replace(BOM, '');
  const start = text.trimStart();
  if (start === '')
    throw new FileError(whole && text === '' ? 'the file is empty' : 'the file holds only white space');
  if (archivePart(text)) return 'x-archive';
  const isJson = start.startsWith('{') || start.startsWith('[');
  if (isJson && ACTIVITIES.test(start)) return 'mastodon';
  if (isJson) return isLines(start, whole) ? 'json-lines' : 'json';
  if (start.startsWith('<')) throw new FileError('the file is HTML or XML: no posts can be read from it');
  // A character may be cut at the head's end; a stray byte in one row is no reason to refuse the file.
  if (!isUtf8(head.subarray(0, Math.max(0, head.length - 4))) && !/[,;\t]/.test(text)) {
    throw new FileError('the file is neither JSON nor a table in UTF-8');
  }
  return 'csv';
}

/** A twentieth of the bytes: text holds a stray one, programs and pictures a third. */
const BINARY_SHARE = 1 / 20;

/** A NUL byte alone costs the record that holds it; with many bytes that no text has, it is no text. */
function isBinary(head: Buffer): boolean {
  if (!head.includes(0)) return false;
  const strange = head.toString('utf8').match(/[\x00-\x08\x0e-\x1a\ufffd]/g)?.length ?? 0;
  return strange > head.length * BINARY_SHARE;
}

/** One value a line, or one document over many lines? A first line that is broken must not decide alone. */
function isLines(text: string, whole: boolean): boolean {
  const lines = text.split('\n');
  if (lines.length === 1) return true; // whichever it is, both readers take it; lines recover better
  if (!whole) lines.pop();
  const first = lines[0]!.trim();
  if (isJson(first)) return true;
  if (first === '{' || first.startsWith('[')) return false;
  const objects = lines.slice(1).filter((line) => line.startsWith('{'));
  return (
    objects.some((line) => isJson(line)) &&
    !objects.some((line) => isJson(line.trim().replace(/,$/, '')) && !isJson(line))
  );
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
