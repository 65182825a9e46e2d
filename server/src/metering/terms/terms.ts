import { type Clock, systemClock, type Vault } from '#kernel';
import { createAccepted } from './accepted.ts';
import { createAdmit } from './admit.ts';
import { createAuthentication } from './bearer.ts';
import { CATALOGUE } from './catalogue.ts';
import { createCharge } from './charge.ts';
import { createCounters } from './counter.ts';
import { createDedupe } from './dedupe.ts';
import { createDialects } from './dialect.ts';
import { createHolds } from './hold.ts';
import { createLicenseeAdmin, publicKey } from './licensee-admin.ts';
import type { Terms, TermsLedger } from './port.ts';
import { fillRegistry, reconcile } from './reconcile.ts';
import { createRegistry } from './registry.ts';
import { openTermsStore } from './store-sqlite.ts';
import { createUsage } from './usage.ts';
import { createFailureWindows, createPeriodCounts, createRecordedWindows, WINDOW_MS } from './window.ts';

/**
 * Opens the terms of a data folder. The ledger needs the projections before it opens and terms need the ledger to
 * append, so: `openTerms` → `openLedger({projections: terms.projections})` → `terms.attach(ledger)`.
 * @param file path of `terms.db`, or `:memory:`.
 */
export async function openTerms(options: {
  file: string;
  vault: Vault;
  clock?: Clock;
  /** Hears where `terms.db` differs from what the logs accepted, and what to do. */
  report?: (message: string) => void;
}): Promise<Terms> {
  const { file, vault, clock = systemClock, report = () => {} } = options;
  const store = await openTermsStore(file);
  let attached: TermsLedger | undefined;
  const ledger = () => {
    if (!attached) throw new Error('terms are used before attach()');
    return attached;
  };
  const registry = createRegistry();
  const saved = await store.everything();
  for (const plan of [...CATALOGUE, ...saved.plans]) registry.putPlan(plan);
  fillRegistry(registry, saved, report);

  const accepted = createAccepted();
  const counters = createCounters();
  const dedupe = createDedupe(undefined, counters.apps);
  const recorded = createRecordedWindows(counters.apps);
  const quarters = createPeriodCounts(WINDOW_MS, recorded.count);
  const seconds = createPeriodCounts(1000);
  const holds = createHolds({ counters, ledger });
  const enrolment = createLicenseeAdmin({ clock, vault, registry, store, ledger });
  const { catchUp, updateKey, ...acts } = enrolment;
  const dialects = createDialects({ registry, store });

  return {
    projections: [counters, dedupe, recorded, accepted],
    async attach(opened) {
      attached = opened;
      await catchUp(saved.controls);
      reconcile({ registry, accepted, vault, plans: saved.plans, report });
    },
    ...createAuthentication({ registry, vault, failures: createFailureWindows(), updateKey }),
    ...createAdmit({ registry, counters, dedupe, quarters, seconds, holds }),
    hold: holds.hold,
    charge: createCharge({ registry, counters, dedupe, holds, ledger }),
    ...acts,
    ...createUsage({ registry, counters, dedupe, windows: recorded, clock }),
    licensees: registry.licensees,
    setApp: dialects.setApp,
    dialectOf: dialects.dialectOf,
    noteDialect: dialects.noteDialect,
    apps: (tenant) =>
      registry.apps(tenant).map(({ versions, keys, lastDialect: _last, ...app }) => ({
        ...app,
        agreement: versions.at(-1)!.agreement,
        keys: keys.map(publicKey),
      })),
    agreements: (tenant, appId) => registry.app(tenant, appId).versions.map(({ agreement }) => agreement),
    agreementByHash: registry.agreementByHash,
    plans: registry.plans,
    async close() {
      await dialects.keep();
      await store.close();
    },
  };
}
