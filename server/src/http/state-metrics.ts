import { Gauge, type Registry } from 'prom-client';
import { DAY_MS } from '#kernel';
import type { Ledger } from '#ledger';
import type { MediaLibrary } from '#media';
import type { Outbox } from '#outbox';
import type { SearchIndex } from '#search';
import { OPERATOR, type Terms } from '#terms';

/** Series of one metric by app: the fullest ones, where a platform has more apps. */
export const APPS_MAX = 1_000;

export type Watched = {
  ledger: Pick<Ledger, 'logs' | 'state' | 'reader'>;
  terms: Pick<Terms, 'usage'>;
  outbox: Pick<Outbox, 'state'>;
  search: Pick<SearchIndex, 'state'>;
  media: Pick<MediaLibrary, 'state'>;
  writer: { waiting(): number };
  clock: { now(): number };
};

/** Gauges of how full and how far behind things are; read when they are asked for. */
export function stateMetrics(registry: Registry, watched: Watched): void {
  new Gauge({
    name: 'parley_ledger_lag_entries',
    help: 'Recorded calls that are not under a signed head yet, of all logs together',
    registers: [registry],
    collect() {
      this.set(ledgerLag(watched.ledger));
    },
  });
  new Gauge({
    name: 'parley_queue_length',
    help: 'What waits or is under way, by queue',
    labelNames: ['queue'],
    registers: [registry],
    collect() {
      for (const [queue, length] of Object.entries(queues(watched))) this.set({ queue }, length);
    },
  });
  byApp(
    registry,
    'parley_cap_used_ratio',
    'Share of the monthly cap of posts that is used, by licensee and app',
    watched,
    ({ monthlyPostCap, billedThisMonth }) => share(billedThisMonth, monthlyPostCap),
  );
  byApp(
    registry,
    'parley_spending_used_ratio',
    'Share of the monthly spending limit that is used, by licensee and app',
    watched,
    ({ spendingLimitMicros, spentThisMonthMicros }) => share(spentThisMonthMicros, spendingLimitMicros),
  );
}

type Standing = ReturnType<Terms['usage']>['apps'][number];

function byApp(
  registry: Registry,
  name: string,
  help: string,
  { terms, clock }: Watched,
  read: (app: Standing) => number | undefined,
): void {
  new Gauge({
    name,
    help,
    labelNames: ['licensee', 'app'],
    registers: [registry],
    collect() {
      // An app that lost its cap is not shown with what it had before.
      this.reset();
      const today = Math.floor(clock.now() / DAY_MS) * DAY_MS;
      const { apps } = terms.usage(OPERATOR, { from: today, to: today + DAY_MS });
      const found = apps.flatMap((app) => {
        const used = read(app);
        return used === undefined ? [] : [{ licensee: app.licenseeId, app: app.appId, used }];
      });
      if (found.length > APPS_MAX) found.sort((one, other) => other.used - one.used);
      for (const { licensee, app, used } of found.slice(0, APPS_MAX)) this.set({ licensee, app }, used);
    },
  });
}

/** Undefined without a limit; a limit of nothing is used up. */
function share(used: number, limit: number | null): number | undefined {
  if (limit === null) return undefined;
  return limit === 0 ? 1 : used / limit;
}

function ledgerLag(ledger: Watched['ledger']): number {
  const behind = (log: string) => ledger.state(log).size - (ledger.reader.checkpoint(log)?.size ?? 0);
  return ledger.logs().reduce((sum, { log }) => sum + behind(log), 0);
}

function queues({ outbox, search, media, writer }: Watched): Record<string, number> {
  const { quick, long } = search.state();
  const pictures = media.state();
  return {
    outbox: outbox.state().waiting,
    search: quick,
    counts: long,
    pictures: pictures.waiting + pictures.running,
    writer: writer.waiting(),
  };
}
