import { createFairQueue, overloaded } from '#kernel';

/** Each hash takes 32 MiB and a thread; Node has four threads for files and these. */
const RUNNING_MAX = 2;
/** One address leaves a place to the others. */
const RUNNING_EACH_MAX = RUNNING_MAX - 1;
/** Seconds of waiting for the last in the queue; more would be an attack, and is told to come later. */
const WAITING_MAX = 32;
/** Of one address: a household or an office that comes to work. */
const WAITING_EACH_MAX = 8;
/** Of one account, under way from all addresses together: one person has few browsers. */
const ACCOUNT_MAX = 4;
const RETRY_AFTER_SECONDS = 10;

/** The account of a password, by the name that was typed or by the browser that it knows, and the caller's address. */
export type HashOwner = { account: string; address: string };

/**
 * The queue for hashing passwords, which takes a fifth of a second of a core each. Addresses take turns, and within one its
 * accounts; an account has few places whatever addresses it comes from. So no account and no address makes others wait for
 * more than its own share, and what is beyond a share is shed.
 */
export function createPasswordQueue() {
  const queue = createFairQueue({
    atOnce: RUNNING_MAX,
    atOnceEach: RUNNING_EACH_MAX,
    waitingMax: WAITING_MAX,
    waitingEachMax: WAITING_EACH_MAX,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
  const underWay = new Map<string, number>();

  return {
    /** @throws Problem `overloaded` (503, with Retry-After); the error of the work. */
    async run<Result>({ account, address }: HashOwner, work: () => Promise<Result>): Promise<Result> {
      const mine = underWay.get(account) ?? 0;
      if (mine >= ACCOUNT_MAX) throw overloaded(RETRY_AFTER_SECONDS);
      underWay.set(account, mine + 1);
      try {
        return await queue.run({ tenant: address, member: account }, work);
      } finally {
        const left = (underWay.get(account) ?? 1) - 1;
        if (left > 0) underWay.set(account, left);
        else underWay.delete(account);
      }
    },
  };
}
