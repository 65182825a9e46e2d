/**
 * Cuts a stream of JSON bytes into records, with memory that does not grow with the file. A value of at most
 * `recordBytesMax` is one record and is handed over whole. A larger one is opened, if it is a list or a page of the
 * API: its items are then the records. Only the structure around records is checked here (RFC 8259); what is
 * inside one is checked by whoever parses it.
 */
export type JsonRecord = {
  bytes: Buffer;
  /** Where the record begins, counted from 1. */
  line: number;
  /** Keys of opened objects on the way to it, and `[]` for each opened list. */
  path: readonly string[];
};

export type SplitterSink = {
  record(record: JsonRecord): void;
  /** A record that is passed over: too long, too deep. */
  tooLarge(line: number, reason: string): void;
};

/** The structure is broken: nothing after this byte can be trusted. */
export class JsonStructureError extends Error {}

/** Members of a page that hold records, and of `includes` all that it has. */
const OPENED_KEYS = new Set([
  'data',
  'includes',
  'orderedItems',
  // `includes` as a file of its own (academictwitteR).
  ...['users', 'tweets', 'posts', 'media', 'polls', 'places'],
]);
/** list of pages → page → includes → list of persons. */
const OPEN_LEVELS_MAX = 4;
/** No post nests even ten levels; a record that nests deeper than this is an attack on whoever walks it. */
export const DEPTH_MAX = 200;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const NEWLINE = 0x0a;
const SEMICOLON = 0x3b;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

type Level = {
  kind: 'root' | 'list' | 'object';
  /** What the next byte that is no space may be. */
  expect: 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'comma-or-end';
  /** The member being read, in an object. */
  key: string;
  /** Where it was opened, and whether anything in it was of use. */
  line: number;
  useful: boolean;
  /** Why it is not one record. */
  reason: string;
};

export class JsonSplitter {
  readonly #sink: SplitterSink;
  readonly #recordBytesMax: number;
  readonly #levels: Level[];
  #line: number;
  readonly #opens: boolean;
  /** The value being captured: its pieces so far, and what has been seen of it. */
  #capturing: 'no' | 'container' | 'string' | 'scalar' = 'no';
  #pieces: Buffer[] = [];
  #captured = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #valueLine = 1;
  /** The rest of the value is passed over. */
  #dropping = false;

  /** @param options.opens opens a list or page of any size: for one that is no JSON as a whole. */
  constructor(sink: SplitterSink, options: { recordBytesMax: number; line?: number; opens?: boolean }) {
    this.#sink = sink;
    this.#recordBytesMax = options.recordBytesMax;
    this.#line = options.line ?? 1;
    this.#opens = options.opens ?? false;
    this.#levels = [
      { kind: 'root', expect: 'value-or-end', key: '', line: this.#line, useful: true, reason: '' },
    ];
  }

  /** @throws JsonStructureError */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length)
      at = this.#capturing === 'no' ? this.#structure(chunk, at) : this.#capture(chunk, at);
  }

  /** @throws JsonStructureError if the input stops in the middle. */
  end(): void {
    if (this.#capturing === 'scalar') this.#finish();
    if (this.#capturing !== 'no' || this.#levels.length > 1) {
      throw new JsonStructureError(
        `the JSON ends in the middle of what began on line ${this.#openLine()}; is the file cut off?`,
      );
    }
  }

  #openLine(): number {
    return this.#capturing === 'no' ? this.#levels.at(-1)!.line : this.#valueLine;
  }

  /** Reads what lies between records. @returns where to go on. */
  #structure(chunk: Buffer, start: number): number {
    let at = start;
    while (at < chunk.length) {
      const byte = chunk[at]!;
      if (byte === NEWLINE) this.#line++;
      else if (byte !== 0x20 && byte !== 0x0d && byte !== 0x09) {
        const level = this.#levels.at(-1)!;
        // The assignments of X's archives may end like a statement.
        if (byte === SEMICOLON && level.kind === 'root') {
          at++;
          continue;
        }
        if (byte === COMMA || byte === COLON || byte === CLOSE_LIST || byte === CLOSE_OBJECT)
          this.#punctuation(level, byte);
        else {
          if (this.#opensAtOnce(level, byte)) return at + 1;
          this.#beginValue(level, byte);
          return at;
        }
      }
      at++;
    }
    return at;
  }

  #punctuation(level: Level, byte: number): void {
    const ends = level.expect.endsWith('end');
    if (byte === CLOSE_LIST && level.kind === 'list' && level.expect === 'value') {
      this.#sink.tooLarge(this.#line, 'a comma stands where a record should: before the end of the list');
      this.#close(level);
    } else if (byte === COMMA && level.kind === 'list' && level.expect.startsWith('value')) {
      this.#sink.tooLarge(this.#line, 'a comma stands where a record should');
      level.expect = 'value';
    } else if (byte === COMMA && level.kind !== 'root' && level.expect === 'comma-or-end') {
      level.expect = level.kind === 'list' ? 'value' : 'key';
      level.key = '';
    } else if (byte === COLON && level.expect === 'colon') level.expect = 'value';
    else if (
      ends &&
      ((byte === CLOSE_LIST && level.kind === 'list') || (byte === CLOSE_OBJECT && level.kind === 'object'))
    ) {
      this.#close(level);
    } else this.#unexpected(byte);
  }

  #close(level: Level): void {
    this.#levels.pop();
    const outer = this.#levels.at(-1)!;
    if (!level.useful) this.#sink.tooLarge(level.line, level.reason);
    else outer.useful = true;
    if (outer.kind !== 'root') outer.expect = 'comma-or-end';
  }

  #tooLong(): string {
    return `the record is longer than ${this.#recordBytesMax} bytes`;
  }

  #opensAtOnce(level: Level, byte: number): boolean {
    const isContainer = byte === OPEN_LIST || byte === OPEN_OBJECT;
    const isOnTheWay = level.kind === 'root' || (level.kind === 'object' && this.#isOpened(level));
    if (!this.#opens || !isContainer || !isOnTheWay || !level.expect.startsWith('value')) return false;
    if (this.#levels.length > OPEN_LEVELS_MAX) return false;
    this.#enter(byte, this.#line, 'it holds no records');
    return true;
  }

  #enter(byte: number, line: number, reason: string): void {
    const isList = byte === OPEN_LIST;
    this.#levels.push({
      kind: isList ? 'list' : 'object',
      expect: isList ? 'value-or-end' : 'key-or-end',
      key: '',
      line,
      useful: isList,
      reason,
    });
  }

  #beginValue(level: Level, byte: number): void {
    const wanted = level.expect;
    const isKey = wanted === 'key' || wanted === 'key-or-end';
    if (isKey ? byte !== QUOTE : !wanted.startsWith('value')) this.#unexpected(byte);
    const isScalar =
      byte === 0x2d || (byte >= 0x30 && byte <= 0x39) || byte === 0x74 || byte === 0x66 || byte === 0x6e;
    if (byte === QUOTE) this.#capturing = 'string';
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) this.#capturing = 'container';
    else if (isScalar) this.#capturing = 'scalar';
    else this.#unexpected(byte);
    this.#valueLine = this.#line;
    this.#depth = 0;
    this.#inString = false;
    this.#escaped = false;
  }

  #unexpected(byte: number): never {
    const shown =
      byte > 0x20 && byte < 0x7f
        ? `'${String.fromCharCode(byte)}'`
        : `byte 0x${byte.toString(16).padStart(2, '0')}`;
    throw new JsonStructureError(`unexpected ${shown} on line ${this.#line}: this is not JSON from here on`);
  }

  /** Reads on in a value until it ends or the chunk does. @returns where to go on. */
  #capture(chunk: Buffer, start: number): number {
    let at = start;
    let depth = this.#depth;
    let inString = this.#inString;
    let escaped = this.#escaped;
    let line = this.#line;
    let done = false;
    let tooDeep = false;
    const scalar = this.#capturing === 'scalar';
    for (; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) {
          inString = false;
          if (depth === 0) {
            done = true;
            at++;
            break;
          }
        } else if (byte === NEWLINE) line++;
      } else if (byte === QUOTE && !scalar) inString = true;
      else if (scalar && (byte === COMMA || byte === CLOSE_LIST || byte === CLOSE_OBJECT || byte <= 0x20)) {
        done = true;
        break;
      } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        if (++depth > DEPTH_MAX) tooDeep = true;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        if (--depth <= 0) {
          done = true;
          at++;
          break;
        }
      } else if (byte === NEWLINE) line++;
    }
    this.#depth = depth;
    this.#inString = inString;
    this.#escaped = escaped;
    if (!this.#dropping) {
      this.#pieces.push(chunk.subarray(start, at));
      this.#captured += at - start;
      // The lines of an opened value are counted when its bytes are read again.
      if (this.#captured > this.#recordBytesMax && this.#open(this.#tooLong())) return at;
      if (tooDeep && !this.#dropping && this.#open(`the record nests deeper than ${DEPTH_MAX} levels`))
        return at;
    }
    this.#line = line;
    if (done) this.#finish();
    return at;
  }

  /** The value has ended: hands it over and says what may follow. */
  #finish(): void {
    const level = this.#levels.at(-1)!;
    const bytes = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    const dropped = this.#dropping;
    this.#reset();
    if (level.expect === 'key' || level.expect === 'key-or-end') {
      level.key = dropped ? '' : keyOf(bytes);
      level.expect = 'colon';
      return;
    }
    if (level.kind !== 'root') level.expect = 'comma-or-end';
    if (dropped || (level.kind === 'object' && !this.#isOpened(level))) return;
    level.useful = true;
    this.#sink.record({ bytes, line: this.#valueLine, path: this.#path() });
  }

  #reset(): void {
    this.#capturing = 'no';
    this.#pieces = [];
    this.#captured = 0;
    this.#dropping = false;
  }

  /** Inside `includes` every member counts; inside a page only those that hold records. */
  #isOpened(level: Level): boolean {
    const outer = this.#levels.at(-2)!;
    return OPENED_KEYS.has(level.key) || (outer.kind === 'object' && outer.key === 'includes');
  }

  #path(): string[] {
    return this.#levels.slice(1).map((level) => (level.kind === 'list' ? '[]' : level.key));
  }

  #drop(reason: string): void {
    const level = this.#levels.at(-1)!;
    // What a page holds beside its records is of no use anyway, whatever its size.
    if (level.kind !== 'object' || this.#isOpened(level)) {
      this.#sink.tooLarge(this.#valueLine, reason);
      level.useful = true;
    }
    this.#dropping = true;
    this.#pieces = [];
  }

  /** The value is too much for one record. @returns true if it was opened and its bytes have been read again. */
  #open(reason: string): boolean {
    const level = this.#levels.at(-1)!;
    const passedOver = level.kind === 'object' && (level.expect !== 'value' || !this.#isOpened(level));
    if (this.#capturing !== 'container' || passedOver || this.#levels.length > OPEN_LEVELS_MAX) {
      this.#drop(reason);
      return false;
    }
    const bytes = Buffer.concat(this.#pieces);
    this.#reset();
    this.#line = this.#valueLine;
    this.#enter(bytes[0]!, this.#valueLine, reason);
    this.push(bytes.subarray(1));
    return true;
  }
}

function keyOf(bytes: Buffer): string {
  try {
    return String(JSON.parse(bytes.toString('utf8')));
  } catch {
    throw new JsonStructureError(`${bytes.toString('utf8').slice(0, 60)} is no JSON key`);
  }
}

/** A record as it would stand alone: `{"includes":{"users":[record]}}` for one from an opened page. */
export function wrapRecord(value: unknown, path: readonly string[]): unknown {
  const firstKey = path.findIndex((step) => step !== '[]');
  const inner = firstKey < 0 ? [] : path.slice(firstKey);
  return inner.reduceRight<unknown>(
    (wrapped, step) => (step === '[]' ? [wrapped] : { [step]: wrapped }),
    value,
  );
}
