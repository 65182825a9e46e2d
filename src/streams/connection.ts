import { randomUUID } from 'node:crypto';
import { type Clock, Problem } from '#kernel';
import { judgePosts, type PostReader } from '#posts';
import { isDenial, type Terms } from '#terms';
import type { ConnectionInfo, OpenStream, Rule } from './port.ts';

/** A post that waits to be delivered to one connection. */
type Waiting = { id: string; rules: readonly Rule[] };

export type Timing = {
  /** A post waits at most so long for others to be recorded with it. */
  batchMs: number;
  /** Clients give up after 20 s of silence. */
  keepAliveMs: number;
  /** A reader that took nothing for so long, while something was there for it, is cut. */
  slowMs: number;
};
export const TIMING: Timing = { batchMs: 60, keepAliveMs: 15_000, slowMs: 30_000 };

/** With includes it stays far below what an opening holds. */
const BATCH_POSTS_MAX = 500;
/** With more than this on its way to the reader, nothing more is taken from the queue (and paid for). */
const CLOGGED_BYTES = 256 << 10;
/** Posts that wait for one reader; beyond it the reader is too slow. Nothing of them was charged. */
const WAITING_MAX = 10_000;
/** Live posts are told from those that were brought again by the last of these. */
const RECENT_MAX = 20_000;

const NO_BODY = new Uint8Array();
const KEEP_ALIVE = '\r\n';

type Parts = {
  posts: Pick<PostReader, 'posts' | 'people'>;
  terms: Pick<Terms, 'charge'>;
  clock: Clock;
  timing: Timing;
  log(message: string, cause: unknown): void;
  ended(connection: Connection): void;
};

/**
 * One open stream: a queue, of which each batch is judged, charged, on disk, and only then sent. What a reader does not
 * take stays in the queue and costs nothing.
 */
export class Connection {
  readonly info: ConnectionInfo;
  readonly request: OpenStream;
  delivered = 0;
  readonly #parts: Parts;
  #queue: Waiting[] = [];
  /** Live posts that came while older ones are being brought; undefined when none are. */
  #held: Waiting[] | undefined;
  #recent = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #busy = false;
  #isOver = false;
  /** `performance.now()` of the last byte, and of when the reader stopped taking any. */
  #wroteAt = performance.now();
  #cloggedAt: number | undefined;
  #room: (() => void) | undefined;
  /** Ends once its queue is empty: all that was asked for was brought. */
  #isLast = false;

  constructor(request: OpenStream, parts: Parts) {
    this.request = request;
    this.#parts = parts;
    const { stream, remote } = request;
    this.info = { id: randomUUID(), stream, remote, connectedAt: parts.clock.now() };
  }

  get appId(): string {
    return this.request.admission.caller.appId;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** From here until `caughtUp` live posts are held back, so that older ones go first. */
  hold(): void {
    this.#held = [];
  }

  /** A live post. */
  push(id: string, rules: readonly Rule[]): void {
    if (this.#isOver || this.#isLast) return;
    if (this.#held) this.#held.push({ id, rules });
    else this.#enqueue({ id, rules });
    if (this.#queue.length + (this.#held?.length ?? 0) > WAITING_MAX) this.#cut();
  }

  /** An older post; wait for `room` before the next ones. */
  bring(id: string, rules: readonly Rule[]): void {
    if (this.#isOver || this.#held?.some((one) => one.id === id)) return;
    this.#recent.add(id);
    if (this.#recent.size > RECENT_MAX) this.#recent.delete(this.#recent.values().next().value!);
    this.#enqueue({ id, rules });
  }

  /** Resolves when the queue is short again, or the connection is over. */
  room(): Promise<void> {
    if (this.#isOver || this.#queue.length < BATCH_POSTS_MAX) return Promise.resolve();
    return new Promise((resolve) => {
      this.#room = resolve;
    });
  }

  /** All older posts were brought. @param isLast nothing live is to follow. */
  caughtUp(isLast: boolean): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#isLast = isLast;
    if (!isLast) for (const one of held) if (!this.#recent.has(one.id)) this.#enqueue(one);
    this.#recent.clear();
    if (isLast && this.#queue.length === 0 && !this.#busy) this.#finish();
  }

  /** Called every so often: keep-alives, and readers that take nothing. */
  tick(now: number): void {
    if (this.#isOver) return;
    const { keepAliveMs, slowMs } = this.#parts.timing;
    if (this.request.sink.waiting() <= CLOGGED_BYTES) {
      this.#cloggedAt = undefined;
      if (this.#queue.length > 0) this.#schedule();
    } else {
      this.#cloggedAt ??= now;
      if (now - this.#cloggedAt > slowMs) {
        this.#cut();
        return;
      }
    }
    if (now - this.#wroteAt >= keepAliveMs) this.#write(KEEP_ALIVE);
  }

  /** @param reason for the list of connections; @param detail for the reader. */
  end(reason: string, detail: string): void {
    this.#end(reason, this.request.farewell({ because: 'operational', detail }));
  }

  /** The reader is gone: nothing more can be sent. */
  gone(): void {
    this.#end('client disconnected', undefined);
  }

  #enqueue(one: Waiting): void {
    this.#queue.push(one);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer || this.#busy || this.#isOver) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#flush().catch((error: unknown) => this.#failed(error));
    }, this.#parts.timing.batchMs);
  }

  async #flush(): Promise<void> {
    if (this.#busy || this.#isOver || this.request.sink.waiting() > CLOGGED_BYTES) return;
    this.#busy = true;
    try {
      await this.#deliver(this.#queue.splice(0, BATCH_POSTS_MAX));
    } finally {
      this.#busy = false;
    }
    if (this.#isOver) return;
    if (this.#queue.length < BATCH_POSTS_MAX) this.#room?.();
    if (this.#queue.length > 0) this.#schedule();
    else if (this.#isLast) this.#finish();
  }

  /** One batch: rules as of now, charge, disk, and then the socket. */
  async #deliver(batch: readonly Waiting[]): Promise<void> {
    const { posts, terms, clock } = this.#parts;
    const { request } = this;
    const found = posts.posts(batch.map(({ id }) => id));
    const deliveries = batch.flatMap(({ rules }, at) => {
      const post = found[at];
      return post === undefined || post === 'deleted' ? [] : [{ post, rules }];
    });
    const verdicts = judgePosts(
      posts,
      deliveries.map(({ post }) => post),
      { ...request.audience, search: true },
    );
    const visible = deliveries.filter((_one, at) => verdicts[at] === 'serve');
    if (visible.length === 0) return;
    const { groups, lines } = request.present(visible);
    const { index: stream, method, target } = request.opened;
    const charge = terms.charge(request.admission, groups, {
      time: clock.now(),
      status: 200,
      request: { method, target, bodyDigest: NO_BODY },
      stream,
    });
    if (isDenial(charge)) {
      const problem = new Problem(charge.code, charge.fields);
      return this.#end(charge.code, request.farewell({ because: 'refused', problem }));
    }
    const texts = lines(charge);
    await charge.entry?.committed;
    // Gone meanwhile: it is recorded, and repeating it today is free.
    if (this.#isOver) return;
    this.delivered += charge.kept;
    this.#write(texts.join(''));
    // What did not fit is asked for once more, alone: the refusal says why.
    const rest = visible.slice(charge.kept);
    this.#queue.unshift(...rest.map(({ post, rules }) => ({ id: post.id, rules })));
  }

  #write(text: string): void {
    this.#wroteAt = performance.now();
    this.request.sink.write(text);
  }

  #finish(): void {
    this.#end('end_time reached', '');
  }

  #cut(): void {
    this.end('reader too slow', 'This stream has been disconnected because it was not read fast enough.');
  }

  #failed(error: unknown): void {
    if (!(error instanceof Problem)) this.#parts.log('stream', error);
    this.end('service', 'This stream has been disconnected for operational reasons.');
  }

  #end(reason: string, last: string | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.info.disconnectedAt = this.#parts.clock.now();
    this.info.disconnectReason = reason;
    this.#queue = [];
    this.#held = undefined;
    this.#room?.();
    if (last !== undefined) this.request.sink.end(last);
    this.#parts.ended(this);
  }
}
