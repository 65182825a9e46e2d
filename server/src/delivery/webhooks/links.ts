import { setTimeout } from 'node:timers/promises';
import { type Clock, DAY_MS, idTime, Problem } from '#kernel';
import type { Attempt, JobInput, JobOutcome, OutboxJob } from '#outbox';
import { type EventReader, judgePosts, type PostReader, type RelationReader } from '#posts';
import { type Caller, streamLimits, type Terms } from '#terms';
import { NOT_RECORDED_MS } from './deliver.ts';
import { placeOf } from './follow.ts';
import type { Link, LinkedRule, LinkPresenter, Matching } from './port.ts';
import { idsOf, KEPT_BACK_MS, type Recorded, record } from './record.ts';
import type { StoredWebhook, WebhookStore } from './store-sqlite.ts';

export const LINK_KIND = 'stream-link';
const OPERATION = 'deliverFilteredStream';
/** Posts matched in one turn of the event loop: some milliseconds. */
const PAGE = 100;
/** Where following stands, in `webhooks.db`. */
const MARK = 'stream';
const KINDS = ['post-created', 'post-edited'] as const;
/** As on streams: what is older when it comes is no news. */
const REACH_MS = DAY_MS;
/** Waiting for the plan's posts a second holds one of a receiver's slots; longer than this it is put off instead. */
const WAIT_MAX_MS = 5_000;

/** A job's payload. Rules are those that the post matched when it was new. */
type LinkJob = { postId: string; seq: string; rules: readonly LinkedRule[] };
/** `sinceEvent`: the last thing that had happened when it was made. */
export type StoredLink = Link & { sinceEvent: bigint };

export type LinkParts = {
  clock: Clock;
  terms: Pick<Terms, 'admit' | 'charge' | 'callerOfApp'>;
  network: PostReader & RelationReader & EventReader;
  store: WebhookStore;
  matching: Matching;
  presenter: LinkPresenter;
  webhook(id: string): StoredWebhook | undefined;
  post(
    webhook: StoredWebhook,
    text: string,
    signal: AbortSignal,
    headers: Record<string, string>,
  ): Promise<JobOutcome>;
};

/**
 * Links between apps' rules and their webhooks. What is new is matched in the order of the network's events and becomes a
 * job before the place that was reached is written, so that nothing is lost between two starts.
 */
export function createLinks(parts: LinkParts) {
  const { clock, terms, network, store, matching, presenter } = parts;
  const links = new Map<string, StoredLink>();
  for (const stored of store.links()) {
    const appId = parts.webhook(stored.webhookId)?.appId;
    if (appId !== undefined) links.set(stored.webhookId, { ...stored, appId });
  }
  for (const appId of new Set([...links.values()].map((link) => link.appId))) matching.keep(appId);
  const place = placeOf(store, MARK, network.lastEvent());
  const pace = createPace();

  const ofApp = (appId: string) => [...links.values()].filter((link) => link.appId === appId);

  /** Takes a link out of memory; the store's row goes by itself with its webhook. */
  function forget(webhookId: string): void {
    const link = links.get(webhookId);
    links.delete(webhookId);
    if (link && ofApp(link.appId).length === 0) matching.drop(link.appId);
  }

  function jobsOf(postId: string, seq: bigint): JobInput[] {
    if (idTime(postId) < clock.now() - REACH_MS) return [];
    const byApp = matching.of(postId);
    return [...links.values()].flatMap(({ webhookId, appId, sinceEvent }) => {
      const rules = byApp.get(appId);
      if (!rules || seq <= sinceEvent) return [];
      const payload: LinkJob = {
        postId,
        seq: String(seq),
        rules: rules.map(({ id, tag }) => (tag === undefined ? { id } : { id, tag })),
      };
      const key = `${webhookId}/stream/${postId}`;
      return [{ kind: LINK_KIND, key, destination: webhookId, payload: JSON.stringify(payload) }];
    });
  }

  async function bring(job: OutboxJob, attempt: Attempt): Promise<JobOutcome> {
    const { postId, seq, rules } = JSON.parse(job.payload) as LinkJob;
    const webhook = parts.webhook(job.destination);
    const link = links.get(job.destination);
    // What waited for a link that was taken away is not for the one that came after it.
    if (!webhook || !link || BigInt(seq) <= link.sinceEvent) return { done: true };
    if (!webhook.valid) return { failed: 'the webhook is not valid' };
    const caller = terms.callerOfApp(webhook.appId, clock.now());
    if (!caller) return { later: clock.now() + KEPT_BACK_MS, why: 'the app has no key in force' };
    if (job.noted === undefined && !(await pace(caller, attempt.signal)))
      return { later: clock.now() + WAIT_MAX_MS, why: 'the plan’s posts a second' };
    const audience = presenter.audienceOf(caller);
    const [post] = network.posts([postId]);
    if (post === undefined || post === 'deleted') return { done: true };
    if (judgePosts(network, [post], { ...audience, search: true })[0] !== 'serve') return { done: true };
    const { group, body } = presenter.present(caller, link.fields, post, rules, audience);
    const target = `/2/tweets/search/webhooks/${webhook.id}`;
    const recorded =
      job.noted === undefined
        ? await record({ clock, terms }, caller, { operation: OPERATION, target, group }, attempt)
        : (JSON.parse(job.noted) as Recorded);
    if ('later' in recorded) return recorded;
    const held = idsOf(group);
    const text = body({
      posts: new Set(held.posts.filter((id) => !recorded.posts.includes(id))),
      persons: new Set(held.persons.filter((id) => !recorded.persons.includes(id))),
    });
    return parts.post(webhook, text, attempt.signal, { 'parley-delivery': `stream/${postId}` });
  }

  return {
    /** Again replaces the fields. Only what happens from now on is delivered. */
    link({ id: webhookId, appId }: StoredWebhook, fields: readonly string[]): void {
      const known = links.get(webhookId);
      const link = {
        webhookId,
        appId,
        fields,
        createdAt: known?.createdAt ?? clock.now(),
        sinceEvent: known?.sinceEvent ?? network.lastEvent(),
      };
      store.putLink(link);
      links.set(webhookId, link);
      matching.keep(appId);
    },
    unlink(webhookId: string): boolean {
      const was = store.removeLink(webhookId) > 0;
      forget(webhookId);
      return was;
    },
    forget,
    ofApp: (appId: string): Link[] =>
      ofApp(appId).map(({ webhookId, fields, createdAt }) => ({ webhookId, appId, fields, createdAt })),
    /** The next page of what is new. @returns whether there may be more. */
    page(add: (jobs: readonly JobInput[]) => void): boolean {
      const newest = network.lastEvent();
      const found =
        links.size === 0 ? [] : network.events({ after: place.seen(), limit: PAGE, kinds: KINDS });
      const jobs = found.flatMap((event) => ('postId' in event ? jobsOf(event.postId, event.seq) : []));
      add(jobs);
      const isPage = found.length === PAGE;
      place.reach(isPage ? found.at(-1)!.seq : newest, jobs.length > 0);
      return isPage;
    },
    async deliver(job: OutboxJob, attempt: Attempt): Promise<JobOutcome> {
      try {
        return await bring(job, attempt);
      } catch (error) {
        // The ledger or a disk cannot record now: nothing is wrong with the receiver.
        if (error instanceof Problem) return { later: clock.now() + NOT_RECORDED_MS, why: error.code };
        throw error;
      }
    },
  };
}

/** Keeps each app to its plan's posts a second. Resolves when one more may go: true, or false for one that is too far off. */
function createPace() {
  /** `performance.now()` from which the next post of an app may go. */
  const nextAt = new Map<string, number>();
  return async ({ appId, agreement }: Caller, signal: AbortSignal): Promise<boolean> => {
    const { postsPerSecond } = streamLimits(agreement.plan);
    if (postsPerSecond === undefined) return true;
    const now = performance.now();
    // A second's worth may go at once.
    const at = Math.max(now - 1_000, nextAt.get(appId) ?? 0) + 1_000 / postsPerSecond;
    if (at - now > WAIT_MAX_MS) return false;
    nextAt.set(appId, at);
    // An end of the house cuts the waiting short.
    if (at > now) await setTimeout(at - now, undefined, { signal }).catch(() => undefined);
    return !signal.aborted;
  };
}
