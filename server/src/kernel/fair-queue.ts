import { overloaded } from './problem.ts';

/** Whose work it is: a licensee or an app, and within it a person, an address or a webhook. */
export type WorkOwner = { tenant: string; member?: string };

export type FairQueueLimits = {
  /** Work under way at one moment, of all tenants. */
  atOnce: number;
  /** … of one tenant; `atOnce` unless said. */
  atOnceEach?: number;
  /** … of work that was called heavy; `atOnce` unless said. */
  heavyAtOnce?: number;
  /** Work that waits; unbounded unless said, for callers that bound it themselves. */
  waitingMax?: number;
  waitingEachMax?: number;
  waitingMemberMax?: number;
  /** What a caller is told to wait that finds the queue full, or its tenant's or member's share of it. */
  retryAfterSeconds?: number;
};

const RETRY_AFTER_SECONDS = 1;

export type FairQueue = {
  /**
   * Runs work when its turn comes: tenants take turns, and within a tenant its members, so that nobody waits for more than one
   * piece of work of each other tenant. Heavy work never takes the place that is left for the rest.
   * @param signal takes work that has not begun out of the queue.
   * @throws Problem `overloaded`; the signal's reason; what the work throws.
   */
  run<Result>(
    owner: WorkOwner,
    work: () => Promise<Result>,
    options?: { heavy?: boolean; signal?: AbortSignal },
  ): Promise<Result>;
  state(): { waiting: number; running: number };
};

type Entry = { heavy: boolean; start(): void };
type Tenant = { running: number; waiting: number; members: Map<string, Entry[]> };

/** A bounded queue with a share for each tenant. */
export function createFairQueue(limits: FairQueueLimits): FairQueue {
  const { atOnce, atOnceEach = atOnce, heavyAtOnce = atOnce } = limits;
  const { waitingMax = Infinity, waitingEachMax = Infinity, waitingMemberMax = Infinity } = limits;
  const { retryAfterSeconds = RETRY_AFTER_SECONDS } = limits;
  /** In the order of their turns: who had one goes to the end. */
  const tenants = new Map<string, Tenant>();
  let waiting = 0;
  let running = 0;
  let heavyRunning = 0;

  function tenantOf(name: string): Tenant {
    const known = tenants.get(name);
    if (known) return known;
    const made: Tenant = { running: 0, waiting: 0, members: new Map() };
    tenants.set(name, made);
    return made;
  }

  /** Takes an entry out. */
  function leave(name: string, member: string, entry: Entry): void {
    const tenant = tenants.get(name);
    const entries = tenant?.members.get(member);
    const at = entries?.indexOf(entry) ?? -1;
    if (!tenant || !entries || at < 0) return;
    entries.splice(at, 1);
    if (entries.length === 0) tenant.members.delete(member);
    tenant.waiting -= 1;
    waiting -= 1;
    drop(name, tenant);
  }

  function drop(name: string, tenant: Tenant): void {
    if (tenant.waiting === 0 && tenant.running === 0) tenants.delete(name);
  }

  /** Whose turn it is, moved to the end of its line. */
  function next(): { name: string; member: string; entry: Entry } | undefined {
    for (const [name, tenant] of tenants) {
      if (tenant.running >= atOnceEach) continue;
      for (const [member, entries] of tenant.members) {
        const entry = entries[0]!;
        if (entry.heavy && heavyRunning >= heavyAtOnce) continue;
        tenant.members.delete(member);
        tenant.members.set(member, entries);
        tenants.delete(name);
        tenants.set(name, tenant);
        return { name, member, entry };
      }
    }
    return undefined;
  }

  function pump(): void {
    while (running < atOnce) {
      const turn = next();
      if (!turn) return;
      const { name, member, entry } = turn;
      tenantOf(name).running += 1;
      running += 1;
      if (entry.heavy) heavyRunning += 1;
      leave(name, member, entry);
      entry.start();
    }
  }

  function ended(name: string, heavy: boolean): void {
    const tenant = tenantOf(name);
    tenant.running -= 1;
    running -= 1;
    if (heavy) heavyRunning -= 1;
    drop(name, tenant);
    pump();
  }

  return {
    async run({ tenant: name, member = '' }, work, { heavy = false, signal } = {}) {
      signal?.throwIfAborted();
      const known = tenants.get(name);
      if (
        waiting >= waitingMax ||
        (known?.waiting ?? 0) >= waitingEachMax ||
        (known?.members.get(member)?.length ?? 0) >= waitingMemberMax
      )
        throw overloaded(retryAfterSeconds);
      await new Promise<void>((resolve, reject) => {
        const entry: Entry = {
          heavy,
          start() {
            signal?.removeEventListener('abort', giveUp);
            resolve();
          },
        };
        const giveUp = () => {
          leave(name, member, entry);
          reject(signal!.reason);
        };
        signal?.addEventListener('abort', giveUp, { once: true });
        const tenant = tenantOf(name);
        tenant.waiting += 1;
        waiting += 1;
        const entries = tenant.members.get(member);
        if (entries) entries.push(entry);
        else tenant.members.set(member, [entry]);
        pump();
      });
      try {
        return await work();
      } finally {
        ended(name, heavy);
      }
    },
    state: () => ({ waiting, running }),
  };
}
