import { type Clock, createFairQueue } from '#kernel';
import type { StoredWebhook } from './store-sqlite.ts';

/** X challenges every hour. */
const CHALLENGE_EACH_MS = 3_600_000;
const LOOK_MS = 60_000;
/** Challenges under way at once, each with a socket; of one licensee, whose receivers may all be slow. */
const CHALLENGES_AT_ONCE = 8;
const CHALLENGES_AT_ONCE_EACH = 2;

/** Goes round the webhooks, by itself once begun: each is challenged when its last challenge is an hour old. */
export function createCrcScheduler(parts: {
  clock: Clock;
  webhooks(): Iterable<StoredWebhook>;
  /** The licensee of an app: they take turns. */
  tenantOf(appId: string): string;
  check(webhook: StoredWebhook): Promise<unknown>;
  log(message: string, cause: unknown): void;
}) {
  const { clock, log } = parts;
  let checking: Promise<void> = Promise.resolve();
  let isChecking = false;
  const queue = createFairQueue({ atOnce: CHALLENGES_AT_ONCE, atOnceEach: CHALLENGES_AT_ONCE_EACH });

  async function challengeDue(): Promise<void> {
    const due = [...parts.webhooks()].filter(
      ({ checkedAt }) => Math.abs(clock.now() - checkedAt) >= CHALLENGE_EACH_MS,
    );
    await Promise.all(
      due.map((one) => queue.run({ tenant: parts.tenantOf(one.appId) }, () => parts.check(one))),
    );
  }

  const looking = setInterval(() => {
    if (isChecking) return;
    isChecking = true;
    checking = challengeDue()
      .catch((error: unknown) => log('webhooks: challenges', error))
      .finally(() => {
        isChecking = false;
      });
  }, LOOK_MS);
  looking.unref();

  return {
    challengeDue,
    stop: () => clearInterval(looking),
    /** Resolves when the challenges under way have ended. */
    settled: () => checking,
  };
}
