import { type Clock, DAY_MS, makeId, Problem } from '#kernel';
import type { Messages } from '#messages';
import type { Attempt, JobInput, JobOutcome, Outbox, OutboxJob } from '#outbox';
import type { EventReader, PostReader, RelationReader } from '#posts';
import { DELIVERY_KIND, deliveryJob, messageHappened, replayPrefix, type SubscribersOf } from './follow.ts';
import { concerned, type Happened, isTold, TOLD_KINDS } from './news.ts';
import type { WebhookNews } from './port.ts';
import type { Replay, StoredWebhook, WebhookStore } from './store-sqlite.ts';

export const REPLAY_KIND = 'account-activity-replay';
/** Before a webhook's id: its replays wait for each other and for no delivery. */
export const REPLAY_PREFIX = 'replay ';
const PAGE = 200;
/** Between looks at whether all was delivered. */
const LOOK_AGAIN_MS = 2_000;
const LOW_BITS = 0x3f_ffff;

export type ReplayParts = {
  clock: Clock;
  network: PostReader & RelationReader & EventReader;
  messages: Pick<Messages, 'after' | 'placeBefore'>;
  outbox: Pick<Outbox, 'add' | 'count'>;
  store: WebhookStore;
  subscribersOf: SubscribersOf;
  webhook(id: string): StoredWebhook | undefined;
  /** Sends it to the webhook. */
  tell(webhook: StoredWebhook, news: WebhookNews, signal: AbortSignal): Promise<JobOutcome>;
};

/** What a replay's job has done so far: where it stands in both sources, or that all of it waits to be delivered. */
type Progress = { event: string; place: number } | { isQueued: true; wasFull: boolean };

/**
 * Replays: what happened in a time is told again, as deliveries of their own whose posts are free on the day on which they
 * were delivered. A job walks through the events page by page, notes where it stands, and at the end tells that it is done.
 */
export function createReplays(parts: ReplayParts) {
  const { clock, network, messages, outbox, store, subscribersOf } = parts;
  let minted = 0;

  function begin(webhook: StoredWebhook, from: number, to: number): { jobId: string; createdAt: number } {
    const running = store.replayOf(webhook.id);
    if (running !== undefined)
      throw new Problem('conflict', {
        detail: `Replay ${running} is under way for this webhook. Wait for its end.`,
      });
    minted = (minted + 1) & LOW_BITS;
    const createdAt = clock.now();
    const id = makeId(createdAt, minted);
    store.putReplay({ id, webhookId: webhook.id, from, to, createdAt });
    const job = { kind: REPLAY_KIND, key: id, destination: `${REPLAY_PREFIX}${webhook.id}`, payload: '' };
    outbox.add([job]);
    return { jobId: id, createdAt };
  }

  async function run(job: OutboxJob, attempt: Attempt): Promise<JobOutcome> {
    const replay = store.replay(job.key);
    const webhook = replay && parts.webhook(replay.webhookId);
    if (!replay || !webhook) return { ended: 'the webhook is gone' };
    const noted = job.noted === undefined ? undefined : (JSON.parse(job.noted) as Progress);
    const wasFull = noted && 'isQueued' in noted ? noted.wasFull : await queue(replay, noted, attempt);
    if (wasFull === undefined) return { later: clock.now(), why: 'the house closed' };
    const { waiting, ended } = outbox.count(DELIVERY_KIND, `${webhook.id}/${replayPrefix(replay.id)}/`);
    // What waits longer than a day is given up by the outbox; then this ends, too.
    if (waiting > 0 && clock.now() - replay.createdAt < DAY_MS)
      return { later: clock.now() + LOOK_AGAIN_MS, why: 'deliveries are under way' };
    const isComplete = waiting === 0 && ended === 0 && !wasFull;
    const news = { kind: 'replay', webhookId: webhook.id, jobId: replay.id, isComplete } as const;
    const outcome = await parts.tell(webhook, news, attempt.signal);
    if ('done' in outcome) store.endReplay(replay.id);
    return outcome;
  }

  /** Makes jobs of all of it. @returns whether some were not taken; undefined when it was interrupted. */
  async function queue(
    { id, webhookId, from, to }: Replay,
    noted: { event: string; place: number } | undefined,
    { note, signal }: Attempt,
  ): Promise<boolean | undefined> {
    let after = BigInt(noted?.event ?? network.lastEventBefore(from));
    let place = noted?.place ?? messages.placeBefore(from);
    const lastEvent = network.lastEventBefore(to);
    const lastPlace = messages.placeBefore(to);
    let wasFull = false;
    const jobs = (
      personIds: readonly string[],
      name: string,
      happened: Happened,
      isAfter: IsAfter,
    ): JobInput[] =>
      personIds
        .filter((personId) =>
          [...subscribersOf(personId)].some((one) => one.webhookId === webhookId && isAfter(one)),
        )
        .map((personId) => deliveryJob(webhookId, personId, name, happened, id));
    const add = (made: readonly JobInput[]) => {
      if (made.length > 0 && outbox.add(made).includes('full')) wasFull = true;
    };
    for (let hasMore = true; hasMore; ) {
      const events = network
        .events({ after, limit: PAGE, kinds: TOLD_KINDS })
        .filter(({ seq }) => seq <= lastEvent);
      add(
        events.flatMap((event) => {
          const about = isTold(event) ? concerned(event, network) : undefined;
          return about
            ? jobs(about.personIds, `n${event.seq}`, about.happened, (one) => event.seq > one.sinceEvent)
            : [];
        }),
      );
      const kept = messages.after(place, PAGE).filter((one) => one.place <= lastPlace);
      add(
        kept.flatMap((one) => {
          const about = messageHappened(one);
          return about
            ? jobs(
                about.personIds,
                `m${one.place}`,
                about.happened,
                ({ sincePlace }) => one.place > sincePlace,
              )
            : [];
        }),
      );
      after = events.at(-1)?.seq ?? after;
      place = kept.at(-1)?.place ?? place;
      hasMore = events.length === PAGE || kept.length === PAGE;
      note(JSON.stringify({ event: String(after), place }));
      await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted) return undefined;
    }
    note(JSON.stringify({ isQueued: true, wasFull }));
    return wasFull;
  }

  return { begin, run, ended: (id: string) => void store.endReplay(id) };
}

type IsAfter = (since: { sinceEvent: bigint; sincePlace: number }) => boolean;
