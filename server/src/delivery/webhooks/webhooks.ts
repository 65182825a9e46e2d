import { DAY_MS, makeId, Problem } from '#kernel';
import { EVENTS_KEPT_MS } from '#posts';
import { badAddress, challenge, refuseBadAddress } from './challenge.ts';
import { createCrcScheduler } from './crc-scheduler.ts';
import { createDelivery, DELIVERY_MS, noSuchWebhook } from './deliver.ts';
import { createFollower, DELIVERY_KIND, deliveryJob, type Since } from './follow.ts';
import { createLinks, LINK_KIND } from './links.ts';
import type { WebhooksOptions } from './options.ts';
import { SUBSCRIPTIONS_MAX, WEBHOOKS_MAX, type Webhook, type Webhooks } from './port.ts';
import { createReplays, REPLAY_KIND, REPLAY_PREFIX } from './replay.ts';
import { createRevocationSweep } from './revocation-sweep.ts';
import { openWebhookStore, type StoredWebhook } from './store-sqlite.ts';

/** Deliveries to one receiver under way at once. */
const AT_ONCE = 4;
/** A receiver that is back within a day has missed nothing; a replay reaches as far. */
const KEPT_MS = DAY_MS;
/** How a replay ended is told for as long again, and a day more. */
const REPLAY_KEPT_MS = 3 * DAY_MS;
const LOW_BITS = 0x3f_ffff;

/** Opens the webhooks of a data folder and goes on with what waits for them. */
export function openWebhooks(options: WebhooksOptions): Webhooks {
  const { clock, outbound, outbox, network, messages, log, isAllowed } = options;
  const store = openWebhookStore(options.file);
  const webhooks = new Map(store.webhooks().map((webhook) => [webhook.id, webhook]));
  /** By webhook, then person; and the other way round. */
  const subscriptions = new Map<string, Map<string, Since>>();
  const byPerson = new Map<string, Set<string>>();
  for (const { webhook, person, sinceEvent, sincePlace } of store.subscriptions())
    remember(webhook, person, { sinceEvent: BigInt(sinceEvent), sincePlace });
  let minted = 0;

  function remember(webhookId: string, personId: string, since: Since): void {
    const subscribed = subscriptions.get(webhookId) ?? new Map<string, Since>();
    subscriptions.set(webhookId, subscribed.set(personId, since));
    byPerson.set(personId, (byPerson.get(personId) ?? new Set()).add(webhookId));
  }

  function forget(webhookId: string, personId: string): void {
    subscriptions.get(webhookId)?.delete(personId);
    const others = byPerson.get(personId);
    others?.delete(webhookId);
    if (others?.size === 0) byPerson.delete(personId);
  }

  function* subscribersOf(personId: string) {
    for (const webhookId of byPerson.get(personId) ?? []) {
      const since = subscriptions.get(webhookId)?.get(personId);
      if (since) yield { webhookId, ...since };
    }
  }

  const subscribersOn = (webhookId: string) => [...(subscriptions.get(webhookId)?.keys() ?? [])];
  const isSubscribed = (webhookId: string, personId: string) =>
    subscriptions.get(webhookId)?.has(personId) === true;
  const tenantOf = (appId: string) =>
    options.terms.callerOfApp(appId, clock.now())?.licenseeId ?? `app ${appId}`;
  const tenantOfDestination = (destination: string) =>
    tenantOf(webhooks.get(destination.replace(REPLAY_PREFIX, ''))?.appId ?? destination);
  const ask = (appId: string, url: string) =>
    challenge(outbound, url, options.secretsOf(appId, clock.now()), tenantOf(appId));
  const ofApp = (appId: string) => [...webhooks.values()].filter((one) => one.appId === appId);

  function own(appId: string, webhookId: string): StoredWebhook {
    const webhook = webhooks.get(webhookId);
    if (webhook?.appId !== appId) throw noSuchWebhook(webhookId);
    return webhook;
  }

  function put(webhook: StoredWebhook): void {
    store.put(webhook);
    webhooks.set(webhook.id, webhook);
  }

  /** What the last challenge said. */
  async function check(webhook: StoredWebhook): Promise<boolean> {
    const answered = await ask(webhook.appId, webhook.url);
    const known = webhooks.get(webhook.id);
    // It was removed while it thought about its answer.
    if (!known) return false;
    const valid = 'consumerKey' in answered;
    put({ ...known, valid, checkedAt: clock.now(), ...(valid ? answered : {}) });
    if (valid) outbox.wake(webhook.id);
    return valid;
  }

  function unsubscribe(webhookId: string, personId: string): boolean {
    const was = store.unsubscribe(webhookId, personId) > 0;
    forget(webhookId, personId);
    return was;
  }

  function revoked(webhook: StoredWebhook, personId: string): void {
    const at = clock.now();
    outbox.add([deliveryJob(webhook.id, personId, `revoked-${at}`, { what: 'revoked', at })]);
    unsubscribe(webhook.id, personId);
  }

  const webhook = (id: string) => webhooks.get(id);
  const delivery = createDelivery({
    ...options,
    ...{ webhook, isSubscribed, tenantOf, revoked },
    invalid: (webhook) => put({ ...webhook, valid: false }),
  });
  const links = createLinks({
    clock,
    terms: options.terms,
    network,
    store,
    matching: options.matching,
    presenter: options.linkPresenter,
    webhook,
    post: delivery.post,
  });
  const follower = createFollower({
    network,
    messages,
    outbox,
    store,
    subscribersOf,
    hasSubscribers: () => byPerson.size > 0,
    linkPage: links.page,
    log,
  });
  const replays = createReplays({
    clock,
    network,
    messages,
    outbox,
    store,
    subscribersOf,
    webhook: (id) => webhooks.get(id),
    tell: (webhook, news, signal) =>
      delivery.post(
        webhook,
        options.presenter.body(news, '', () => true),
        signal,
      ),
  });

  const deliveries = { atOnce: AT_ONCE, keptMs: KEPT_MS, tenantOf: tenantOfDestination };
  outbox.handle(DELIVERY_KIND, {
    ...deliveries,
    attemptMs: DELIVERY_MS + 5_000,
    putOffMs: EVENTS_KEPT_MS,
    run: delivery.deliver,
  });
  outbox.handle(LINK_KIND, {
    ...deliveries,
    attemptMs: 2 * DELIVERY_MS,
    putOffMs: KEPT_MS,
    run: links.deliver,
  });
  outbox.handle(REPLAY_KIND, {
    atOnce: 1,
    attemptMs: 300_000,
    keptMs: REPLAY_KEPT_MS,
    putOffMs: REPLAY_KEPT_MS,
    tenantOf: tenantOfDestination,
    run: replays.run,
    gaveUp: ({ key }) => replays.ended(key),
  });

  const rounds = createCrcScheduler({ clock, webhooks: () => webhooks.values(), tenantOf, check, log });
  const rights = createRevocationSweep({
    subscriptions,
    webhook: (id) => webhooks.get(id),
    isAllowed,
    revoked,
    log,
  });
  // What happened while nobody was here.
  follower.follow();

  return {
    async create(appId, url) {
      refuseBadAddress(outbound, url);
      const mine = ofApp(appId);
      if (mine.some((one) => one.url === url))
        throw new Problem('conflict', { detail: 'This app has a webhook with this address.' });
      if (mine.length >= WEBHOOKS_MAX)
        throw new Problem('client-forbidden', {
          detail: `An app has at most ${WEBHOOKS_MAX} webhooks. Delete one first.`,
          reason: 'webhook-limit',
        });
      const answered = await ask(appId, url);
      if ('refused' in answered) throw badAddress(url, `did not pass the CRC challenge: ${answered.refused}`);
      // Another request may have come between.
      if (ofApp(appId).some((one) => one.url === url) || ofApp(appId).length >= WEBHOOKS_MAX)
        throw new Problem('conflict');
      minted = (minted + 1) & LOW_BITS;
      const now = clock.now();
      const webhook = {
        id: makeId(now, minted),
        appId,
        url,
        createdAt: now,
        valid: true,
        checkedAt: now,
        ...answered,
      };
      put(webhook);
      return shown(webhook);
    },
    list: (appId) => ofApp(appId).map(shown),
    validate: (appId, webhookId) => check(own(appId, webhookId)),
    remove(appId, webhookId) {
      const { id } = own(appId, webhookId);
      store.remove(id);
      for (const personId of subscribersOn(id)) forget(id, personId);
      subscriptions.delete(id);
      links.forget(id);
      webhooks.delete(id);
      outbox.drop(id);
      outbox.drop(`${REPLAY_PREFIX}${id}`);
    },
    subscribe(appId, webhookId, personId) {
      const { id } = own(appId, webhookId);
      if (isSubscribed(id, personId)) return;
      if (countOf(appId) >= SUBSCRIPTIONS_MAX)
        throw new Problem('client-forbidden', {
          detail: `An app has at most ${SUBSCRIPTIONS_MAX} subscriptions.`,
          reason: 'subscription-limit',
        });
      const since = { sinceEvent: network.lastEvent(), sincePlace: messages.lastPlace() };
      store.subscribe(id, personId, since.sinceEvent, since.sincePlace);
      remember(id, personId, since);
    },
    isSubscribed(appId, webhookId, personId) {
      const { id } = own(appId, webhookId);
      return isSubscribed(id, personId) && isAllowed(appId, personId);
    },
    unsubscribe: (appId, webhookId, personId) => unsubscribe(own(appId, webhookId).id, personId),
    subscribers(appId, webhookId) {
      const webhook = own(appId, webhookId);
      return { webhook: shown(webhook), personIds: subscribersOn(webhook.id) };
    },
    countSubscriptions: countOf,
    replay(appId, webhookId, from, to) {
      const webhook = own(appId, webhookId);
      if (!webhook.valid)
        throw new Problem('conflict', {
          detail: 'The webhook is not valid. Let it pass a challenge first (PUT).',
        });
      return replays.begin(webhook, from, to);
    },
    link: (appId, webhookId, fields) => links.link(own(appId, webhookId), fields),
    links: links.ofApp,
    unlink: (appId, webhookId) => links.unlink(own(appId, webhookId).id),
    follow: follower.follow,
    followed: follower.followed,
    challengeDue: rounds.challengeDue,
    lookAtRights: rights.look,
    stop,
    async close() {
      stop();
      await rounds.settled();
      store.close();
    },
  };

  function stop(): void {
    rounds.stop();
    rights.stop();
    follower.close();
  }

  function countOf(appId: string): number {
    return ofApp(appId).reduce((sum, { id }) => sum + (subscriptions.get(id)?.size ?? 0), 0);
  }
}

function shown({ id, appId, url, createdAt, valid }: StoredWebhook): Webhook {
  return { id, appId, url, createdAt, valid };
}
