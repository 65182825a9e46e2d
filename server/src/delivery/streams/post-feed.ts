import { type Clock, Problem } from '#kernel';
import { judgePosts, type PostReader } from '#posts';
import { isDenial, type Terms } from '#terms';
import type { Connection, Feed } from './connection.ts';
import type { OpenStream, PostStream, Rule } from './port.ts';

/** A post that waits to be delivered to one connection. */
type Waiting = { id: string; rules: readonly Rule[] };

/** With includes it stays far below what an opening holds. */
const BATCH_POSTS_MAX = 500;
/** Posts that wait for one reader; beyond it the reader is too slow. Nothing of them was charged. */
const WAITING_MAX = 10_000;
/** Live posts are told from those that were brought again by the last of these. */
const RECENT_MAX = 20_000;
const NO_BODY = new Uint8Array();

type Parts = {
  posts: Pick<PostReader, 'posts' | 'people'>;
  terms: Pick<Terms, 'charge'>;
  clock: Clock;
  /** Absent: as many as there are. */
  postsPerSecond?: number | undefined;
};

/**
 * A queue of posts, of which each batch is judged, charged, on disk, and only then sent. What a reader does not take
 * stays in the queue and costs nothing.
 */
export class PostFeed implements Feed {
  readonly connection: Connection;
  readonly stream: OpenStream & PostStream;
  readonly #parts: Parts;
  #queue: Waiting[] = [];
  /** Live posts that came while older ones are being brought; undefined when none are. */
  #held: Waiting[] | undefined;
  #recent = new Set<string>();
  #room: (() => void) | undefined;
  /** Ends once its queue is empty: all that was asked for was brought. */
  #isLast = false;
  /** Posts that may be sent now, of at most a second's worth; and when that was counted. */
  #allowance: number;
  #countedAt = performance.now();

  constructor(connection: Connection, stream: OpenStream & PostStream, parts: Parts) {
    this.connection = connection;
    this.stream = stream;
    this.#parts = parts;
    this.#allowance = parts.postsPerSecond ?? Infinity;
  }

  waiting(): boolean {
    return this.#queue.length > 0;
  }

  isDone(): boolean {
    return this.#isLast && this.#queue.length === 0;
  }

  over(): void {
    this.#queue = [];
    this.#held = undefined;
    this.#room?.();
  }

  /** From here until `caughtUp` live posts are held back, so that older ones go first. */
  hold(): void {
    this.#held = [];
  }

  /** A live post. */
  push(id: string, rules: readonly Rule[]): void {
    if (this.connection.isOver || this.#isLast) return;
    if (this.#held) this.#held.push({ id, rules });
    else this.#enqueue({ id, rules });
    if (this.#queue.length + (this.#held?.length ?? 0) <= WAITING_MAX) return;
    const { postsPerSecond } = this.#parts;
    if (postsPerSecond !== undefined && this.stream.sink.waiting() === 0) {
      this.connection.end(
        'too many posts',
        `This stream has been disconnected because more than ${postsPerSecond} posts a second, which its plan allows, were there for it.`,
      );
    } else this.connection.cut();
  }

  /** An older post; wait for `module` before the next ones. */
  bring(id: string, rules: readonly Rule[]): void {
    if (this.connection.isOver || this.#held?.some((one) => one.id === id)) return;
    this.#recent.add(id);
    if (this.#recent.size > RECENT_MAX) this.#recent.delete(this.#recent.values().next().value!);
    this.#enqueue({ id, rules });
  }

  /** Resolves when the queue is short again, or the connection is over. */
  room(): Promise<void> {
    if (this.connection.isOver || this.#queue.length < BATCH_POSTS_MAX) return Promise.resolve();
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
    if (this.isDone()) this.connection.wake();
  }

  async flush(): Promise<void> {
    const most = Math.min(BATCH_POSTS_MAX, this.#allowed());
    if (most > 0) await this.#deliver(this.#queue.splice(0, most));
    if (this.#queue.length < BATCH_POSTS_MAX) this.#room?.();
  }

  #enqueue(one: Waiting): void {
    this.#queue.push(one);
    this.connection.wake();
  }

  /** Whole posts that the plan's posts per second allow now. */
  #allowed(): number {
    const { postsPerSecond } = this.#parts;
    if (postsPerSecond === undefined) return Infinity;
    const now = performance.now();
    const earned = ((now - this.#countedAt) / 1000) * postsPerSecond;
    this.#allowance = Math.min(postsPerSecond, this.#allowance + earned);
    this.#countedAt = now;
    return Math.floor(this.#allowance);
  }

  /** One batch: rules as of now, charge, disk, and then the socket. */
  async #deliver(batch: readonly Waiting[]): Promise<void> {
    const { posts, terms, clock } = this.#parts;
    const { connection, stream } = this;
    const found = posts.posts(batch.map(({ id }) => id));
    const deliveries = batch.flatMap(({ rules }, at) => {
      const post = found[at];
      return post === undefined || post === 'deleted' ? [] : [{ post, rules }];
    });
    const verdicts = judgePosts(
      posts,
      deliveries.map(({ post }) => post),
      { ...stream.audience, search: true },
    );
    const visible = deliveries.filter((_one, at) => verdicts[at] === 'serve');
    if (visible.length === 0) return;
    const { groups, lines } = stream.present(visible);
    const { index, method, target } = stream.opened;
    const charge = terms.charge(stream.admission, groups, {
      time: clock.now(),
      status: 200,
      request: { method, target, bodyDigest: NO_BODY },
      stream: index,
    });
    if (isDenial(charge)) return connection.refuse(new Problem(charge.code, charge.fields));
    const texts = lines(charge);
    await charge.entry?.committed;
    // Gone meanwhile: it is recorded, and repeating it today is free.
    if (connection.isOver) return;
    connection.delivered += charge.kept;
    this.#allowance -= charge.kept;
    connection.write(texts.join(''));
    // What did not fit is asked for once more, alone: the refusal says why.
    const rest = visible.slice(charge.kept);
    this.#queue.unshift(...rest.map(({ post, rules }) => ({ id: post.id, rules })));
  }
}
