import { type Clock, type Outbound, Problem } from '#kernel';
import { OutboundError } from '#kernel/outbound';
import type { Messages } from '#messages';
import type { Attempt, JobOutcome, OutboxJob } from '#outbox';
import { judgeAccount, type PostReader, type RelationReader } from '#posts';
import type { Terms } from '#terms';
import { signatureOf } from './challenge.ts';
import { gatherNews, type Happened, resourcesOf } from './news.ts';
import type { Presenter, WebhookNews } from './port.ts';
import { KEPT_BACK_MS, type Recorded, record } from './record.ts';
import type { StoredWebhook } from './store-sqlite.ts';

/** X waits so long for a receiver. */
export const DELIVERY_MS = 10_000;
/** What a receiver says beside its status is not read on. */
const ANSWER_BYTES_MAX = 64 << 10;
/** A ledger or a disk that cannot record is asked again so often. */
export const NOT_RECORDED_MS = 30_000;
const OPERATION = 'deliverAccountActivity';

/** A job's payload: for whom, of what, and which replay it belongs to. */
export type DeliveryJob = { personId: string; happened: Happened; replayId?: string };

export type DeliverParts = {
  clock: Clock;
  outbound: Outbound;
  terms: Pick<Terms, 'admit' | 'charge' | 'callerOfApp' | 'consumerOf'>;
  network: PostReader & RelationReader;
  messages: Pick<Messages, 'event'>;
  presenter: Presenter;
  webhook(id: string): StoredWebhook | undefined;
  /** The licensee of an app. */
  tenantOf(appId: string): string;
  isSubscribed(webhookId: string, personId: string): boolean;
  /** Does the app still hold a token of this person that allows it to be told? */
  isAllowed(appId: string, personId: string): boolean;
  /** The person took the app's tokens away. */
  revoked(webhook: StoredWebhook, personId: string): void;
  /** It cannot be used until its next challenge. */
  invalid(webhook: StoredWebhook): void;
};

/**
 * One delivery: judge as of now → record and charge → wait for the disk → POST. Nothing leaves that is not in the ledger;
 * an attempt that is repeated is the delivery that was recorded, and is not charged again.
 */
export function createDelivery(parts: DeliverParts) {
  const { clock, outbound, terms, presenter } = parts;

  async function deliver(job: OutboxJob, attempt: Attempt): Promise<JobOutcome> {
    try {
      return await tell(job, attempt);
    } catch (error) {
      // The ledger or a disk cannot record now: nothing is wrong with the receiver.
      if (error instanceof Problem) return { later: clock.now() + NOT_RECORDED_MS, why: error.code };
      throw error;
    }
  }

  async function tell(job: OutboxJob, attempt: Attempt): Promise<JobOutcome> {
    const { personId, happened, replayId } = JSON.parse(job.payload) as DeliveryJob;
    const webhook = parts.webhook(job.destination);
    if (!webhook) return { ended: 'the webhook is gone' };
    if (happened.what !== 'revoked') {
      if (!parts.isSubscribed(webhook.id, personId)) return { done: true };
      if (!parts.isAllowed(webhook.appId, personId)) {
        parts.revoked(webhook, personId);
        return { done: true };
      }
    }
    const [subscriber] = parts.network.people([personId]);
    // Nothing of theirs is shown while an account is off; what happened meanwhile is not kept for it.
    if (judgeAccount(subscriber) !== 'serve') return { done: true };
    if (!webhook.valid) return { failed: 'the webhook is not valid' };
    const now = clock.now();
    const caller = terms.callerOfApp(webhook.appId, now);
    if (!caller) return { later: now + KEPT_BACK_MS, why: 'the app has no key in force' };
    const audience = presenter.audienceOf(caller, personId);
    const news = gatherNews(parts, happened, personId, webhook.appId, audience);
    if (!news) return { done: true };
    const recorded = await recordNews(news, webhook, caller, job.noted, attempt);
    if ('later' in recorded || 'done' in recorded) return recorded;
    const may = (kind: 'post' | 'person', id: string) =>
      (kind === 'post' ? recorded.posts : recorded.persons).includes(id);
    const text = presenter.body(news, personId, may);
    return post(webhook, text, attempt.signal, { 'parley-delivery': nameOf(job), ...replayHeader(replayId) });
  }

  /** In the ledger and on disk when it resolves, now or by an earlier attempt. */
  async function recordNews(
    news: WebhookNews,
    webhook: StoredWebhook,
    caller: NonNullable<ReturnType<Terms['callerOfApp']>>,
    noted: string | undefined,
    attempt: Attempt,
  ): Promise<Recorded | Extract<JobOutcome, { later: number } | { done: true }>> {
    if (noted !== undefined) return stillWhole(news, JSON.parse(noted) as Recorded);
    const { posts, persons } = resourcesOf(news);
    // A deletion or a revocation brings nothing that could be billed, and has to arrive whatever the cap says.
    if (posts.length + persons.length === 0) return { posts, persons };
    const [first, ...others] = posts;
    const group =
      first === undefined
        ? { kind: 'person' as const, id: persons[0]!, posts: [], persons: persons.slice(1) }
        : { kind: 'post' as const, id: first, posts: others, persons };
    const target = `/2/account_activity/webhooks/${webhook.id}`;
    return record({ clock, terms }, caller, { operation: OPERATION, target, group }, attempt);
  }

  /** What was hidden meanwhile stays out of the body by itself; without its main thing there is nothing to tell. */
  function stillWhole(news: WebhookNews, recorded: Recorded): Recorded | { done: true } {
    const [main] = resourcesOf(news).posts;
    return main === undefined || recorded.posts.includes(main) ? recorded : { done: true };
  }

  /** Signed with the secret that the receiver answered its last challenge with. */
  async function post(
    webhook: StoredWebhook,
    text: string,
    signal: AbortSignal,
    headers: Record<string, string> = {},
  ): Promise<JobOutcome> {
    const key = terms.consumerOf(webhook.consumerKey, clock.now());
    if (!key) {
      parts.invalid(webhook);
      return { failed: 'the key whose secret the receiver knows has ended' };
    }
    try {
      const { status } = await outbound.send({
        url: webhook.url,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-twitter-webhooks-signature': signatureOf(key.secret, text),
          ...headers,
        },
        body: text,
        timeoutMs: DELIVERY_MS,
        answerBytesMax: ANSWER_BYTES_MAX,
        tenant: parts.tenantOf(webhook.appId),
        signal,
      });
      if (status >= 200 && status < 300) return { done: true };
      if (status === 410) parts.invalid(webhook);
      return { failed: `status ${status}` };
    } catch (error) {
      if (error instanceof OutboundError) return { failed: error.message };
      throw error;
    }
  }

  return { deliver, post };
}

/** The same for every attempt and every replay of the same news for the same person: receivers know doubles by it. */
function nameOf({ key }: OutboxJob): string {
  return key.split('/').slice(-2).join('/');
}

function replayHeader(replayId: string | undefined): Record<string, string> {
  return replayId === undefined ? {} : { 'parley-replay': replayId };
}

/** The problem that a webhook that is not this app's is. */
export function noSuchWebhook(webhookId: string): Problem {
  return new Problem('not-found', { detail: `This app has no webhook ${webhookId}.` });
}
