import { randomUUID } from 'node:crypto';
import { type Clock, Problem } from '#kernel';
import { isDenial, type Terms } from '#terms';
import type { ConnectionInfo, OpenStream } from './port.ts';

export type Timing = {
  /** What there is to send waits at most so long for more of it. */
  batchMs: number;
  /** Clients give up after 20 s of silence. */
  keepAliveMs: number;
  /** A reader that took nothing for so long, while something was there for it, is cut. */
  slowMs: number;
};
export const TIMING: Timing = { batchMs: 60, keepAliveMs: 15_000, slowMs: 30_000 };

/** With more than this on its way to the reader, nothing more is taken from what waits (and paid for). */
const CLOGGED_BYTES = 256 << 10;
const KEEP_ALIVE = '\r\n';
const NO_BODY = new Uint8Array();

/** What a connection brings: posts that are charged for, or events. */
export type Feed = {
  /** Is there something to send now? */
  waiting(): boolean;
  /** Writes one batch. Called while the reader keeps up, and never twice at once. */
  flush(): Promise<void>;
  /** True once all that was asked for has been sent, of a stream that has an end. */
  isDone(): boolean;
  /** The connection is over. */
  over(): void;
};

export type ConnectionParts = {
  terms: Pick<Terms, 'charge'>;
  clock: Clock;
  timing: Timing;
  log(message: string, cause: unknown): void;
  ended(connection: Connection): void;
};

/** One open stream: its batches at the reader's pace, keep-alives between them, and its end. */
export class Connection {
  readonly info: ConnectionInfo;
  readonly request: OpenStream;
  delivered = 0;
  readonly #parts: ConnectionParts;
  readonly #feed: Feed;
  #timer: NodeJS.Timeout | undefined;
  #busy = false;
  #isOver = false;
  /** `performance.now()` of the last byte, and of when the reader stopped taking any. */
  #wroteAt = performance.now();
  #cloggedAt: number | undefined;

  constructor(request: OpenStream, parts: ConnectionParts, makeFeed: (connection: Connection) => Feed) {
    this.request = request;
    this.#parts = parts;
    const { stream, remote } = request;
    this.info = { id: randomUUID(), stream, remote, connectedAt: parts.clock.now() };
    this.#feed = makeFeed(this);
  }

  get appId(): string {
    return this.request.admission.caller.appId;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** There is something to send, or nothing more. */
  wake(): void {
    if (this.#timer || this.#busy || this.#isOver) return;
    if (this.#feed.isDone()) this.#end('end_time reached', '');
    else this.#timer = setTimeout(() => this.#flush(), this.#parts.timing.batchMs);
  }

  /** Called every so often: keep-alives, and readers that take nothing. */
  tick(now: number): void {
    if (this.#isOver) return;
    const { keepAliveMs, slowMs } = this.#parts.timing;
    if (this.request.sink.waiting() <= CLOGGED_BYTES) {
      this.#cloggedAt = undefined;
      if (this.#feed.waiting() || this.#feed.isDone()) this.wake();
    } else {
      this.#cloggedAt ??= now;
      if (now - this.#cloggedAt > slowMs) {
        this.cut();
        return;
      }
    }
    if (now - this.#wroteAt >= keepAliveMs && this.isAllowed()) this.write(KEEP_ALIVE);
  }

  /** Are key and agreement still in force? If not, the stream ends and says why. */
  isAllowed(): boolean {
    const { admission, opened } = this.request;
    const { index: stream, method, target } = opened;
    // A dry run asks all that a charge asks, and records nothing.
    const answer = this.#parts.terms.charge({ ...admission, dryRun: true }, [], {
      time: this.#parts.clock.now(),
      status: 200,
      request: { method, target, bodyDigest: NO_BODY },
      stream,
    });
    if (!isDenial(answer)) return true;
    this.refuse(new Problem(answer.code, answer.fields));
    return false;
  }

  write(text: string): void {
    this.#wroteAt = performance.now();
    this.request.sink.write(text);
  }

  /** @param reason for the list of connections; @param detail for the reader. */
  end(reason: string, detail: string): void {
    this.#end(reason, this.request.farewell({ because: 'operational', detail }));
  }

  /** The agreement does not allow it any more. */
  refuse(problem: Problem): void {
    this.#end(problem.code, this.request.farewell({ because: 'refused', problem }));
  }

  /** The reader does not keep up. */
  cut(): void {
    this.end('reader too slow', 'This stream has been disconnected because it was not read fast enough.');
  }

  /** The reader is gone: nothing more can be sent. */
  gone(): void {
    this.#end('client disconnected', undefined);
  }

  /** Something broke here. */
  failed(error: unknown): void {
    if (!(error instanceof Problem)) this.#parts.log('stream', error);
    this.end('service', 'This stream has been disconnected for operational reasons.');
  }

  #flush(): void {
    this.#timer = undefined;
    if (this.#isOver || this.request.sink.waiting() > CLOGGED_BYTES) return;
    this.#busy = true;
    this.#feed
      .flush()
      .catch((error: unknown) => this.failed(error))
      .finally(() => {
        this.#busy = false;
        if (this.#feed.waiting() || this.#feed.isDone()) this.wake();
      });
  }

  #end(reason: string, last: string | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.info.disconnectedAt = this.#parts.clock.now();
    this.info.disconnectReason = reason;
    this.#feed.over();
    if (last !== undefined) this.request.sink.end(last);
    this.#parts.ended(this);
  }
}
