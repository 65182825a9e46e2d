import type { EventReader, NetworkEvent } from '#posts';
import type { Connection, Feed } from './connection.ts';
import type { EventStream, OpenStream } from './port.ts';
import { isInPartition } from './select.ts';

/** Events that are read at once. */
const PAGE_EVENTS = 500;

/** Events from a place on, in the order of their numbers. They lie on disk, so nothing has to wait in memory. */
export class EventFeed implements Feed {
  readonly connection: Connection;
  readonly stream: OpenStream & EventStream;
  readonly #read: EventReader['events'];
  /** Number of the last event that was looked at, and of the newest there is. */
  #place: bigint;
  #newest: bigint;
  #isLast = false;

  /** @param from number of the last event that is not wanted; @param newest number of the last there is. */
  constructor(
    connection: Connection,
    stream: OpenStream & EventStream,
    read: EventReader['events'],
    place: { from: bigint; newest: bigint },
  ) {
    this.connection = connection;
    this.stream = stream;
    this.#read = read;
    this.#place = place.from;
    this.#newest = place.newest;
    // A span in which nothing happened is over at once.
    if (stream.until !== undefined && !this.waiting()) this.#isLast = true;
  }

  /** There are events up to this one. */
  push(newest: bigint): void {
    if (newest > this.#newest) this.#newest = newest;
    if (this.waiting()) this.connection.wake();
  }

  waiting(): boolean {
    return !this.#isLast && this.#place < this.#newest;
  }

  isDone(): boolean {
    return this.#isLast;
  }

  over(): void {}

  async flush(): Promise<void> {
    const { kinds, until = Infinity, partition, partitions } = this.stream;
    const newest = this.#newest;
    const page = this.#read({ after: this.#place, limit: PAGE_EVENTS, kinds });
    const wanted = page.filter(
      (event) => event.at < until && isInPartition(subjectOf(event), partition, partitions),
    );
    const isRest = page.length < PAGE_EVENTS;
    this.#place = isRest ? maxOf(newest, page.at(-1)?.seq ?? 0n) : page.at(-1)!.seq;
    this.#isLast = this.stream.until !== undefined && (isRest || page.some(({ at }) => at >= until));
    if (wanted.length === 0 || !this.connection.isAllowed()) return;
    this.connection.delivered += wanted.length;
    this.connection.write(wanted.map((event) => this.stream.line(event)).join(''));
  }
}

/** A post's events come in one partition, a person's too: in it they are in order. */
function subjectOf(event: NetworkEvent): string {
  return 'postId' in event ? event.postId : event.personId;
}

function maxOf(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}
