import { createFairQueue, type FairQueue } from '#kernel';

/** Acts of one person that may wait for the one under way: more come from a client that is broken. */
const WAITING_MAX = 49;
const RETRY_AFTER_SECONDS = 2;

/** One act of a person (the tenant of the work) at a time, so that two at once cannot both pass one check. */
export function createActQueue(): FairQueue {
  return createFairQueue({
    atOnce: Number.POSITIVE_INFINITY,
    atOnceEach: 1,
    waitingEachMax: WAITING_MAX,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}
