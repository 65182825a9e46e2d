import { type Clock, DAY_MS, Problem } from '#kernel';
import type { Handler, JobInput, JobOutcome, Outbox, OutboxJob } from './port.ts';
import { type OutboxJobRow, openOutboxJobStore } from './store-sqlite.ts';

/** Jobs under way at once, whatever their destinations: each holds a socket, and some are slow on purpose. */
export const RUNNING_MAX = 256;
/** Of one tenant, whatever its destinations: some of them are slow on purpose. */
export const RUNNING_A_TENANT_MAX = RUNNING_MAX / 4;
/** Beyond it nothing more is taken in: some 500 MB of jobs of usual size. */
const WAITING_MAX = 1_000_000;
/** One destination that never answers must not fill the outbox for all. */
export const WAITING_EACH_MAX = 50_000;
/** … nor may one tenant with many destinations. */
export const WAITING_A_TENANT_MAX = WAITING_MAX / 4;
/** Keys of finished jobs are known for so long: a source that repeats after a crash repeats what is fresher. */
export const DONE_KEPT_MS = DAY_MS;
/** A destination that fails is left alone for a second, then two, four … at most ten minutes. */
export const BACKOFF_FIRST_MS = 1_000;
export const BACKOFF_MAX_MS = 600_000;
/** Nothing is put off farther than this; what is, was put off by a clock that ran ahead. */
const FARTHEST_MS = 8 * DAY_MS;
/** A clock that jumps is noticed within this. */
const TICK_MS = 1_000;
const PAYLOAD_LENGTH_MAX = 65_536;
const SWEEP_MS = 3_600_000;

export type OutboxOptions = {
  /** Path of `outbox.db`. */
  file: string;
  clock: Clock;
  log(message: string, cause: unknown): void;
  /** 0 to 1, for jitter; Math.random unless said. */
  random?: () => number;
};

/** What is known of a destination beside its jobs. Not kept over a restart: then each one has another chance. */
type Destination = {
  name: string;
  /** Known once a handler told it. */
  tenant: string;
  waiting: number;
  next: number;
  running: Set<number>;
  failures: number;
  restUntil: number;
};

/** Opens the outbox of a data folder. */
export function openOutbox({ file, clock, log, random = Math.random }: OutboxOptions): Outbox {
  const store = openOutboxJobStore(file);
  const handlers = new Map<string, Handler>();
  const destinations = new Map<string, Destination>();
  const attempts = new Set<Promise<void>>();
  const stopping = new AbortController();
  const waiters: (() => void)[] = [];
  /** Jobs under way by tenant, and destinations that wait for one of them to end. */
  const tenants = new Map<string, { running: number; held: Set<Destination> }>();
  let waiting = 0;
  let running = 0;
  let isStarted = false;
  let sweptAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  function destinationOf(name: string): Destination {
    const known = destinations.get(name);
    if (known) return known;
    const made: Destination = {
      ...{ name, tenant: name, waiting: 0, next: Infinity },
      ...{ running: new Set<number>(), failures: 0, restUntil: 0 },
    };
    destinations.set(name, made);
    return made;
  }

  for (const row of store.destinations()) {
    Object.assign(destinationOf(row.destination), { waiting: row.waiting, next: row.due });
    waiting += row.waiting;
  }

  /** The moment from which this destination can be given something; a moment out of reach is a clock's mistake. */
  function readyAt({ next, restUntil }: Destination, now: number): number {
    const rest = restUntil > now + BACKOFF_MAX_MS ? now : restUntil;
    const isOutOfReach = next > now + FARTHEST_MS && next !== Infinity;
    return Math.max(isOutOfReach ? now : next, rest);
  }

  function pump(): void {
    if (!isStarted || stopping.signal.aborted) return;
    const now = clock.now();
    if (Math.abs(now - sweptAt) > SWEEP_MS) {
      sweptAt = now;
      store.forgetFinished(now - DONE_KEPT_MS);
    }
    for (const destination of [...destinations.values()]) {
      if (running >= RUNNING_MAX) break;
      if (readyAt(destination, now) <= now) startDue(destination, now);
    }
    let soonest = Infinity;
    for (const destination of destinations.values()) soonest = Math.min(soonest, readyAt(destination, now));
    clearTimeout(timer);
    // With all places taken the end of a job is what is waited for.
    const waitMs = running >= RUNNING_MAX ? TICK_MS : Math.min(TICK_MS, Math.max(1, soonest - now));
    timer = setTimeout(pump, waitMs);
    timer.unref();
    if (running === 0 && soonest > now) for (const wake of waiters.splice(0)) wake();
  }

  function startDue(destination: Destination, now: number): void {
    const { name, failures, running: under } = destination;
    const rows = store.due(name, now, now + FARTHEST_MS, RUNNING_MAX + under.size);
    for (const row of rows) {
      const handler = handlers.get(row.kind);
      if (!handler || under.has(row.id)) continue;
      if (running >= RUNNING_MAX) return;
      destination.tenant = handler.tenantOf?.(name) ?? name;
      const tenant = tenants.get(destination.tenant);
      if (tenant && tenant.running >= RUNNING_A_TENANT_MAX) {
        destination.next = Infinity;
        tenant.held.add(destination);
        return;
      }
      if (under.size >= (failures > 0 ? 1 : handler.atOnce)) {
        // Nothing more until one of them ends.
        destination.next = Infinity;
        return;
      }
      begin(destination, row, handler);
    }
    destination.next = store.laterThan(name, now) ?? Infinity;
  }

  function begin(destination: Destination, row: OutboxJobRow, handler: Handler): void {
    destination.running.add(row.id);
    running += 1;
    // A destination that had a turn is asked last next time.
    if (destinations.get(destination.name) === destination) {
      destinations.delete(destination.name);
      destinations.set(destination.name, destination);
    }
    const { tenant: name } = destination;
    const tenant = tenants.get(name) ?? { running: 0, held: new Set() };
    tenants.set(name, tenant);
    tenant.running += 1;
    const attempt = run(row, handler)
      .then((outcome) => settle(destination, row, handler, outcome))
      .catch((error: unknown) => log(`outbox: ${row.kind}`, error))
      .finally(() => {
        destination.running.delete(row.id);
        running -= 1;
        destination.next = Math.min(destination.next, clock.now());
        tenant.running -= 1;
        for (const held of tenant.held) held.next = Math.min(held.next, clock.now());
        tenant.held.clear();
        if (tenant.running === 0) tenants.delete(name);
        attempts.delete(attempt);
        pump();
      });
    attempts.add(attempt);
  }

  async function run(row: OutboxJobRow, handler: Handler): Promise<JobOutcome> {
    const timeUp = new AbortController();
    const signal = AbortSignal.any([stopping.signal, timeUp.signal]);
    const late = Promise.withResolvers<JobOutcome>();
    const failed = `no outcome within ${handler.attemptMs} ms`;
    const limit = setTimeout(() => timeUp.abort(), handler.attemptMs);
    signal.addEventListener('abort', () => late.resolve({ failed }), { once: true });
    try {
      const work = handler.run(jobOf(row), { signal, note: (text) => store.note(row.id, text) });
      return await Promise.race([work, late.promise]);
    } catch (error) {
      log(`outbox: ${row.kind}`, error);
      return { failed: 'it went wrong here' };
    } finally {
      clearTimeout(limit);
    }
  }

  function settle(destination: Destination, row: OutboxJobRow, handler: Handler, outcome: JobOutcome): void {
    // What the end of the house cut short is tried again as if nothing had been.
    if (stopping.signal.aborted && !('done' in outcome)) return;
    const now = clock.now();
    if ('done' in outcome) {
      Object.assign(destination, { failures: 0, restUntil: 0 });
      finish(destination, row, null);
    } else if ('ended' in outcome) {
      giveUp(destination, row, handler, outcome.ended);
    } else if ('later' in outcome) {
      if (now - row.addedAt > handler.putOffMs) giveUp(destination, row, handler, outcome.why);
      else store.postpone(row.id, Math.min(outcome.later, now + FARTHEST_MS), row.failures);
    } else {
      // Those that were under way together have failed once.
      if (now >= destination.restUntil) destination.failures += 1;
      const backoff = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** (destination.failures - 1));
      // Half of it is left to chance, so that those that failed together do not come back together.
      destination.restUntil = now + Math.ceil(backoff / 2 + (backoff / 2) * random());
      if (now - row.addedAt > handler.keptMs) giveUp(destination, row, handler, outcome.failed);
      else store.postpone(row.id, destination.restUntil, row.failures + 1);
    }
  }

  function giveUp(destination: Destination, row: OutboxJobRow, handler: Handler, why: string): void {
    finish(destination, row, why);
    handler.gaveUp?.(jobOf(row), why);
  }

  function finish(destination: Destination, row: OutboxJobRow, why: string | null): void {
    store.finish(row, clock.now(), why);
    // It may have been dropped meanwhile, with all of its destination.
    if (destinations.get(destination.name) !== destination) return;
    destination.waiting -= 1;
    waiting -= 1;
    if (destination.waiting === 0) destinations.delete(destination.name);
  }

  function add(jobs: readonly JobInput[]): ('added' | 'known' | 'full')[] {
    if (waiting + jobs.length > WAITING_MAX) throw new Problem('overloaded');
    for (const { payload } of jobs) {
      if (payload.length > PAYLOAD_LENGTH_MAX) throw new RangeError('a job’s payload is too long');
    }
    const now = clock.now();
    const tenantOf = new Map(
      jobs.map(({ destination: name, kind }) => [name, handlers.get(kind)?.tenantOf?.(name) ?? name]),
    );
    const outcomes = store.add(jobs, now, roomOf(tenantOf));
    jobs.forEach(({ destination: name, notBefore }, at) => {
      if (outcomes[at] !== 'added') return;
      const destination = destinationOf(name);
      destination.tenant = tenantOf.get(name)!;
      destination.waiting += 1;
      destination.next = Math.min(destination.next, notBefore ?? now);
      waiting += 1;
    });
    // Not from within the caller: what it adds together starts together.
    setImmediate(pump);
    return outcomes;
  }

  /** How many more jobs a destination may have, itself and its tenant. */
  function roomOf(tenantOf: ReadonlyMap<string, string>) {
    const byTenant = new Map<string, number>();
    for (const { tenant, waiting: its } of destinations.values())
      byTenant.set(tenant, (byTenant.get(tenant) ?? 0) + its);
    const added = new Map<string, number>();
    const tenantWaiting = (name: string) => byTenant.get(tenantOf.get(name)!) ?? 0;
    return {
      has(name: string): boolean {
        const its = (destinations.get(name)?.waiting ?? 0) + (added.get(name) ?? 0);
        return its < WAITING_EACH_MAX && tenantWaiting(name) < WAITING_A_TENANT_MAX;
      },
      take(name: string): void {
        added.set(name, (added.get(name) ?? 0) + 1);
        byTenant.set(tenantOf.get(name)!, tenantWaiting(name) + 1);
      },
    };
  }

  return {
    handle(kind, handler) {
      handlers.set(kind, handler);
    },
    add,
    start() {
      isStarted = true;
      pump();
    },
    settled() {
      return new Promise((resolve) => {
        waiters.push(resolve);
        pump();
      });
    },
    count: store.count,
    drop(name) {
      store.drop(name);
      waiting -= destinations.get(name)?.waiting ?? 0;
      destinations.delete(name);
    },
    wake(name) {
      const destination = destinations.get(name);
      if (!destination) return;
      Object.assign(destination, { failures: 0, restUntil: 0 });
      store.hasten(name, clock.now());
      destination.next = clock.now();
      pump();
    },
    state: () => ({ waiting, running }),
    async close() {
      stopping.abort();
      clearTimeout(timer);
      await Promise.all(attempts);
      store.close();
      for (const wake of waiters.splice(0)) wake();
    },
  };
}

function jobOf({ kind, key, destination, payload, addedAt, failures, noted }: OutboxJobRow): OutboxJob {
  return { kind, key, destination, payload, addedAt, failures, noted: noted ?? undefined };
}
