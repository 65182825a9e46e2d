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
/**
 * Under way of each kind, running ones among them: so no kind leaves nothing to another. Strangers may come from any number
 * of addresses and name any number of accounts, which nobody can tell from a busy morning.
 */
const KNOWN_MAX = (WAITING_MAX * 3) / 4;
const STRANGERS_MAX = (WAITING_MAX * 3) / 4;
/** … of those that are not the first of their account, which the strangers' places hold too. */
const AGAIN_MAX = WAITING_MAX / 2;
const RETRY_AFTER_SECONDS = 10;

/** The account of a password, by the name that was typed or by the browser that it knows, and the caller's address. */
export type HashOwner = {
  account: string;
  address: string;
  /** A browser that signed in to the account before, or is signed in. */
  isKnown?: boolean;
};
type Kind = 'known' | 'first' | 'again';

/**
 * The queue for hashing passwords, which takes a fifth of a second of a core each. Addresses take turns, and within one its
 * accounts; an account has few places whatever addresses it comes from. So no account and no address makes others wait for
 * more than its own share, and what is beyond a share is shed. Browsers that an account knows find a place however many
 * addresses and accounts strangers come with: one of each account at a time, for more of them count as strangers.
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
  const places: Record<Kind, number> = { known: 0, first: 0, again: 0 };

  function hasPlace(kind: Kind): boolean {
    if (kind === 'known') return places.known < KNOWN_MAX;
    if (kind === 'again' && places.again >= AGAIN_MAX) return false;
    return places.first + places.again < STRANGERS_MAX;
  }

  return {
    /** @throws Problem `overloaded` (503, with Retry-After); the error of the work. */
    async run<Result>(
      { account, address, isKnown }: HashOwner,
      work: () => Promise<Result>,
    ): Promise<Result> {
      const mine = underWay.get(account) ?? 0;
      const kind = mine > 0 ? 'again' : isKnown ? 'known' : 'first';
      if (mine >= ACCOUNT_MAX || !hasPlace(kind)) throw overloaded(RETRY_AFTER_SECONDS);
      underWay.set(account, mine + 1);
      places[kind] += 1;
      try {
        return await queue.run({ tenant: address, member: account }, work);
      } finally {
        places[kind] -= 1;
        const left = (underWay.get(account) ?? 1) - 1;
        if (left > 0) underWay.set(account, left);
        else underWay.delete(account);
      }
    },
  };
}
