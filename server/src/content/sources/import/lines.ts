import { type JsonRecord, JsonSplitter, JsonStructureError, type SplitterSink } from './json-splitter.ts';

const NEWLINE = 0x0a;

/**
 * Cuts a stream of bytes into lines of one JSON value each. A line above `recordBytesMax` (whole pages of the API
 * can be) is cut into its records by a JsonSplitter, so memory stays flat; what is wrong with it ends with it.
 */
export class LineReader {
  readonly #sink: SplitterSink;
  readonly #recordBytesMax: number;
  #line = 1;
  /** The beginning of a line whose end has not come yet. */
  #carry: Buffer[] = [];
  #carried = 0;
  /** Set while a long line is being read. */
  #splitter: JsonSplitter | undefined;
  /** The rest of a long line that turned out to be broken is passed over. */
  #dropping = false;

  constructor(sink: SplitterSink, options: { recordBytesMax: number }) {
    this.#sink = sink;
    this.#recordBytesMax = options.recordBytesMax;
  }

  push(chunk: Buffer): void {
    let start = 0;
    while (start < chunk.length) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end < 0) {
        this.#hold(chunk.subarray(start));
        return;
      }
      const piece = chunk.subarray(start, end);
      if (this.#carried === 0 && !this.#splitter && !this.#dropping) this.#whole(piece);
      else {
        this.#hold(piece);
        this.#endLine();
      }
      this.#line++;
      start = end + 1;
    }
  }

  end(): void {
    this.#endLine();
  }

  #hold(piece: Buffer): void {
    if (this.#dropping) return;
    if (this.#splitter) {
      this.#long(() => this.#splitter?.push(piece));
      return;
    }
    this.#carry.push(piece);
    this.#carried += piece.length;
    if (this.#carried <= this.#recordBytesMax) return;
    const line = this.#line;
    const splitter = new JsonSplitter(this.#sink, { recordBytesMax: this.#recordBytesMax, line });
    this.#splitter = splitter;
    const held = this.#carry;
    this.#clear();
    this.#long(() => {
      for (const one of held) splitter.push(one);
    });
  }

  #endLine(): void {
    if (this.#splitter && !this.#dropping) this.#long(() => this.#splitter?.end());
    else if (this.#carried > 0) {
      const bytes = this.#carry.length === 1 ? this.#carry[0]! : Buffer.concat(this.#carry);
      this.#whole(bytes);
    }
    this.#clear();
    this.#splitter = undefined;
    this.#dropping = false;
  }

  #clear(): void {
    this.#carry = [];
    this.#carried = 0;
  }

  #long(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof JsonStructureError)) throw error;
      this.#sink.tooLarge(this.#line, error.message);
      this.#dropping = true;
    }
  }

  #whole(piece: Buffer): void {
    if (piece.length > this.#recordBytesMax) {
      this.#hold(piece);
      this.#endLine();
      return;
    }
    const bytes = piece.at(-1) === 0x0d ? piece.subarray(0, -1) : piece;
    if (bytes.length > 0) this.#sink.record({ bytes, line: this.#line, path: NO_PATH } satisfies JsonRecord);
  }
}

const NO_PATH: readonly string[] = [];
