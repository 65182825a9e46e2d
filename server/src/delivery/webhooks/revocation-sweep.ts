import type { StoredWebhook } from './store-sqlite.ts';

const LOOK_MS = 1_000;
/** So many looks go round all subscriptions: each is looked at within a minute. */
const LOOKS_A_ROUND = 60;
/** A look at one takes some 10 µs, so that few subscriptions are all looked at each second. */
const LOOKED_AT_LEAST = 100;

/**
 * Looks whether apps still hold the tokens that their subscriptions need, whether or not anything happens to the
 * person: who took them away is told of no more, and the app hears that at once.
 */
export function createRevocationSweep(parts: {
  /** By webhook, then person. */
  subscriptions: ReadonlyMap<string, ReadonlyMap<string, unknown>>;
  webhook(id: string): StoredWebhook | undefined;
  isAllowed(appId: string, personId: string): boolean;
  revoked(webhook: StoredWebhook, personId: string): void;
  log(message: string, cause: unknown): void;
}) {
  const { subscriptions } = parts;
  let round = everyOne();

  function* everyOne(): Generator<[webhookId: string, personId: string]> {
    for (const [webhookId, persons] of subscriptions)
      for (const personId of persons.keys()) yield [webhookId, personId];
  }

  function look(): void {
    let total = 0;
    for (const persons of subscriptions.values()) total += persons.size;
    for (let left = Math.max(LOOKED_AT_LEAST, Math.ceil(total / LOOKS_A_ROUND)); left > 0; left -= 1) {
      const next = round.next();
      if (next.done) {
        round = everyOne();
        return;
      }
      const [webhookId, personId] = next.value;
      const webhook = parts.webhook(webhookId);
      if (webhook && !parts.isAllowed(webhook.appId, personId)) parts.revoked(webhook, personId);
    }
  }

  const looking = setInterval(() => {
    try {
      look();
    } catch (error) {
      // What was not ended now is looked at again in the next round.
      parts.log('webhooks: rights', error);
    }
  }, LOOK_MS);
  looking.unref();

  return { look, stop: () => clearInterval(looking) };
}
