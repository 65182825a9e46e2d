import type { Clock } from '#kernel';
import type { StoredWebhook } from './store-sqlite.ts';

/** X challenges every hour. */
const CHALLENGE_EACH_MS = 3_600_000;
const LOOK_MS = 60_000;
/** Challenges under way at once, each with a socket. */
const CHALLENGES_AT_ONCE = 8;

/** Goes round the webhooks, by itself once begun: each is challenged when its last challenge is an hour old. */
export function createRounds(parts: {
  clock: Clock;
  webhooks(): Iterable<StoredWebhook>;
  check(webhook: StoredWebhook): Promise<unknown>;
  log(message: string, cause: unknown): void;
}) {
  const { clock, log } = parts;
  let checking: Promise<void> = Promise.resolve();
  let isChecking = false;

  async function challengeDue(): Promise<void> {
    const due = [...parts.webhooks()].filter(
      ({ checkedAt }) => Math.abs(clock.now() - checkedAt) >= CHALLENGE_EACH_MS,
    );
    const next = async (): Promise<void> => {
      for (let one = due.pop(); one; one = due.pop()) await parts.check(one);
    };
    await Promise.all(Array.from({ length: CHALLENGES_AT_ONCE }, next));
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
