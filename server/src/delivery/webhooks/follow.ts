import type { Messages } from '#messages';
import type { JobInput, Outbox } from '#outbox';
import type { EventReader, PostReader, RelationReader } from '#posts';
import type { DeliveryJob } from './deliver.ts';
import { concerned, type Happened, isTold, TOLD_KINDS } from './news.ts';
import type { WebhookStore } from './store-sqlite.ts';

export const DELIVERY_KIND = 'account-activity';
/** Events are looked at so many at a time, and calls go on in between. */
const PAGE = 200;
/** Where following stands, in `webhooks.db`. */
const NETWORK_MARK = 'network';
const MESSAGE_MARK = 'message';
/** What concerned nobody and is looked at again after a crash. */
const UNWRITTEN_MAX = 1_000n;
/** After an outbox that took nothing. */
const RETRY_MS = 1_000;

/** Whom a person's news goes to: the webhooks that the person has subscribed, and what had happened before. */
export type SubscribersOf = (personId: string) => Iterable<Since & { webhookId: string }>;

/** The last event and message before a subscription: places, for a clock may jump. */
export type Since = { sinceEvent: bigint; sincePlace: number };

export type FollowParts = {
  network: PostReader & RelationReader & EventReader;
  messages: Pick<Messages, 'after' | 'lastPlace'>;
  outbox: Pick<Outbox, 'add'>;
  store: WebhookStore;
  subscribersOf: SubscribersOf;
  hasSubscribers(): boolean;
  /** Another source of jobs, asked a page at a time: true when there may be more. */
  linkPage(add: (jobs: readonly JobInput[]) => void): boolean;
  log(message: string, cause: unknown): void;
};

/** The job that tells one subscriber's webhook. @param replayId for what is told again: then it is another job. */
export function deliveryJob(
  webhookId: string,
  personId: string,
  name: string,
  happened: Happened,
  replayId?: string,
): JobInput {
  const payload: DeliveryJob = { personId, happened, ...(replayId === undefined ? {} : { replayId }) };
  const replay = replayId === undefined ? '' : `/${replayPrefix(replayId)}`;
  return {
    kind: DELIVERY_KIND,
    key: `${webhookId}${replay}/${personId}/${name}`,
    destination: webhookId,
    payload: JSON.stringify(payload),
  };
}

export function replayPrefix(replayId: string): string {
  return `replay-${replayId}`;
}

/** A message of a conversation of two, as X tells it; groups it does not tell. */
export function messageHappened(
  found: ReturnType<Messages['after']>[number],
): { happened: Happened; personIds: readonly string[]; at: number } | undefined {
  const { event } = found;
  if (event?.kind !== 'MessageCreate' || !event.conversationId.includes('-')) return undefined;
  const pair = event.conversationId.split('-');
  const recipientId = pair.find((id) => id !== event.senderId);
  if (recipientId === undefined) return undefined;
  const happened = { what: 'message', eventId: event.id, recipientId } as const;
  // Not to who has deleted it already.
  return { happened, personIds: pair.filter((id) => found.personIds.includes(id)), at: event.at };
}

/**
 * Makes jobs of what happens, in order: the jobs are on disk before the place that was reached is. A crash between repeats
 * the page, and the outbox knows the keys.
 */
export function createFollower(parts: FollowParts) {
  const { network, messages, outbox, store, subscribersOf, log } = parts;
  let isWorking = false;
  let isAgain = false;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  const waiters: (() => void)[] = [];
  // What was before the first start is nobody's news.
  const networkPlace = placeOf(store, NETWORK_MARK, network.lastEvent());
  const messagePlace = placeOf(store, MESSAGE_MARK, BigInt(messages.lastPlace()));

  function jobsOf(
    personIds: readonly string[],
    name: string,
    happened: Happened,
    isAfter: (since: Since) => boolean,
  ): JobInput[] {
    return personIds.flatMap((personId) =>
      [...subscribersOf(personId)]
        .filter(isAfter)
        .map(({ webhookId }) => deliveryJob(webhookId, personId, name, happened)),
    );
  }

  function add(jobs: readonly JobInput[]): void {
    if (jobs.length === 0) return;
    const lost = outbox.add(jobs).filter((outcome) => outcome === 'full').length;
    if (lost > 0)
      log(
        `webhooks: ${lost} deliveries were not kept, for too many wait there; a replay brings them`,
        undefined,
      );
  }

  /** @returns false when there was nothing more. */
  function networkPage(): boolean {
    // Asked first: what comes after it is not passed over.
    const newest = network.lastEvent();
    const found = parts.hasSubscribers()
      ? network.events({ after: networkPlace.seen(), limit: PAGE, kinds: TOLD_KINDS })
      : [];
    const jobs = found.flatMap((event) => {
      const about = isTold(event) ? concerned(event, network) : undefined;
      if (!about) return [];
      return jobsOf(
        about.personIds,
        `n${event.seq}`,
        about.happened,
        ({ sinceEvent }) => event.seq > sinceEvent,
      );
    });
    add(jobs);
    const isPage = found.length === PAGE;
    networkPlace.reach(isPage ? found.at(-1)!.seq : newest, jobs.length > 0);
    return isPage;
  }

  function messagePage(): boolean {
    const newest = messages.lastPlace();
    const found = parts.hasSubscribers() ? messages.after(Number(messagePlace.seen()), PAGE) : [];
    const jobs = found.flatMap((one) => {
      const about = messageHappened(one);
      if (!about) return [];
      return jobsOf(
        about.personIds,
        `m${one.place}`,
        about.happened,
        ({ sincePlace }) => one.place > sincePlace,
      );
    });
    add(jobs);
    const isPage = found.length === PAGE;
    messagePlace.reach(BigInt(isPage ? found.at(-1)!.place : newest), jobs.length > 0);
    return isPage;
  }

  function step(): void {
    if (isClosed) return;
    isAgain = false;
    try {
      const hasMore = [networkPage(), messagePage(), parts.linkPage(add)].includes(true);
      if (hasMore || isAgain) {
        setImmediate(step);
        return;
      }
    } catch (error) {
      log('webhooks: what happened waits', error);
      timer = setTimeout(step, RETRY_MS);
      timer.unref();
      return;
    }
    isWorking = false;
    for (const wake of waiters.splice(0)) wake();
  }

  function follow(): void {
    isAgain = true;
    if (isWorking || isClosed) return;
    isWorking = true;
    setImmediate(step);
  }

  return {
    follow,
    followed(): Promise<void> {
      return new Promise((resolve) => {
        waiters.push(resolve);
        follow();
      });
    },
    close(): void {
      isClosed = true;
      clearTimeout(timer);
      for (const wake of waiters.splice(0)) wake();
    },
  };
}

/** How far one of the sources was followed. */
export function placeOf(store: WebhookStore, name: string, first: bigint) {
  let seen = store.mark(name);
  if (seen === undefined) {
    seen = first;
    store.setMark(name, first);
  }
  let written = seen;
  return {
    seen: () => seen ?? first,
    /** @param hasJobs then it is written down, so that they are not made again. */
    reach(place: bigint, hasJobs: boolean): void {
      if (place <= (seen ?? first)) return;
      if (hasJobs || place - written > UNWRITTEN_MAX) {
        store.setMark(name, place);
        written = place;
      }
      seen = place;
    },
  };
}
