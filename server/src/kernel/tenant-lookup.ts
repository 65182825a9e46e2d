import { LRUCache } from 'lru-cache';
import { createFairQueue } from './fair-queue.ts';

/** A look-up that takes longer is slow, and for so long all slow tenants share what is left beside one place. */
const SLOW_LOOKUP_MS = 1_000;
const SLOW_TENANT_MS = 600_000;
const SLOW_TENANTS_MAX = 10_000;

export type Address = { address: string; family: number };
/** All addresses of a name. */
export type Lookup = (hostname: string) => Promise<readonly Address[]>;
/** @param signal takes a look-up that has not begun out of the queue. */
export type QueuedLookup = (
  hostname: string,
  tenant: string,
  signal: AbortSignal,
) => Promise<readonly Address[]>;

/**
 * At most so many look-ups at once and one of each tenant; the others wait, and their callers' time runs. A look-up that has
 * begun cannot be broken off: it keeps its place until the name server answers, so those whose names are slow have one place
 * less than there are, all together.
 */
export function byTenant(lookup: Lookup, atOnce: number): QueuedLookup {
  const queue = createFairQueue({ atOnce, atOnceEach: 1, heavyAtOnce: Math.max(1, atOnce - 1) });
  const slow = new LRUCache<string, true>({ max: SLOW_TENANTS_MAX, ttl: SLOW_TENANT_MS });
  return async (hostname, tenant, signal) => {
    const work = async () => {
      const timer = setTimeout(() => slow.set(tenant, true), SLOW_LOOKUP_MS);
      try {
        return await lookup(hostname);
      } finally {
        clearTimeout(timer);
      }
    };
    return queue.run({ tenant }, work, { heavy: slow.has(tenant), signal });
  };
}
