import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY_MS } from '#kernel';
import { eraseFromOpening } from '#ledger';
import { type Credentials, isDenial, OPERATOR } from '#terms';
import { createRecount } from './recount.ts';
import { type House, house } from './testing/audited-world.ts';

const START = Date.parse('2026-11-29T23:40:00Z');
/** Every moment that a step below can reach. */
const PERIOD = { from: Date.parse('2026-10-01T00:00:00Z'), to: Date.parse('2027-02-01T00:00:00Z') };
const RUNS = 4;

type Step =
  | { do: 'call' | 'stream' | 'person' | 'sandbox' | 'other licensee'; ids: number[] }
  | { do: 'clock'; by: number }
  | { do: 'restart' };

const ids = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 5 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('call' as const, 'person' as const, 'sandbox' as const),
      ids,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('stream' as const, 'other licensee' as const), ids }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('clock' as const),
      by: fc.constantFrom(60_000, 900_000, 1_200_000, DAY_MS, 31 * DAY_MS, -1_200_000, -DAY_MS, -31 * DAY_MS),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
);

/** Sums that know nothing of the counters' code: by month as the clock names it, and by day. */
type Book = { months: Map<string, number>; days: Map<string, Set<number>>; sandbox: Map<string, number> };

function play(
  at: House,
  credentials: Credentials,
  book: Book | undefined,
  { do: kind, ids: wanted }: Step & { ids: number[] },
): void {
  const now = at.clock.now();
  const caller = at.terms.authenticate(credentials.bearerToken, { now, remote: '192.0.2.1' });
  assert.ok(!isDenial(caller));
  const operation = kind === 'stream' ? 'streamPosts' : 'getPostsByIds';
  const personId = kind === 'person' ? String(100 + wanted.length) : undefined;
  const admission = at.terms.admit(caller, operation, { now, personId });
  assert.ok(!isDenial(admission), JSON.stringify(admission));
  const groups = wanted.map((id) => ({ kind: 'post' as const, id: `${id}`, posts: [], persons: [] }));
  const record = {
    time: now,
    status: 200,
    request: { method: 'GET', target: '/2', bodyDigest: new Uint8Array() },
  };
  const opened = kind === 'stream' ? at.terms.charge(admission, [], record) : undefined;
  assert.ok(!opened || !isDenial(opened));
  const charge = at.terms.charge(
    admission,
    groups,
    opened ? { ...record, stream: opened.entry!.index } : record,
  );
  assert.ok(!isDenial(charge), JSON.stringify(charge));
  if (!book) return;
  const iso = new Date(now).toISOString();
  const [day, month] = [iso.slice(0, 10), iso.slice(0, 7)];
  if (kind === 'sandbox') {
    book.sandbox.set(day, (book.sandbox.get(day) ?? 0) + new Set(wanted).size);
    return;
  }
  const today = book.days.get(day) ?? new Set();
  const fresh = new Set(wanted.filter((id) => !today.has(id)));
  book.days.set(day, new Set([...today, ...fresh]));
  book.months.set(month, (book.months.get(month) ?? 0) + fresh.size);
}

/** The same log recounted with one item erased of each opening: what is not known is no finding. */
async function recountErased(at: House, licenseeId: string, log: string): Promise<void> {
  const recounting = createRecount({ licenseeId, ...PERIOD }, true);
  for await (const entry of at.ledger.reader.entries(log, 0, Number.MAX_SAFE_INTEGER)) {
    if (!recounting.add(entry)) continue;
    const opening = await at.ledger.reader.opening(log, entry.index);
    const [first] = opening?.items ?? [];
    const isErased = first && first.kind !== 'erased' && entry.index % 3 === 0;
    recounting.opening(entry, isErased ? eraseFromOpening(opening!, first.kind, first.id) : opening);
  }
  assert.deepEqual(recounting.finish().findings, []);
}

test('over restarts, jumps of the clock, streams, persons and erasures, counters are what entries and a naive book say', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      const at = await house(t, START);
      const { licenseeId, log } = await at.terms.addLicensee('Example Ads');
      const other = await at.terms.addLicensee('Quiet Ltd');
      const app = await at.terms.addApp(OPERATOR, { licenseeId, plan: 'pay-per-use', start: 0 });
      const sandbox = await at.terms.addKey(OPERATOR, app.appId, { sandbox: true });
      const quiet = await at.terms.addApp(OPERATOR, {
        licenseeId: other.licenseeId,
        plan: 'pay-per-use',
        start: 0,
      });
      const book: Book = { months: new Map(), days: new Map(), sandbox: new Map() };
      for (const one of steps) {
        if (one.do === 'restart') await at.restart();
        else if (one.do === 'clock') {
          at.clock.set(Math.min(Math.max(at.clock.now() + one.by, PERIOD.from), PERIOD.to - 1));
        } else if (one.do === 'other licensee') play(at, quiet, undefined, one);
        else play(at, one.do === 'sandbox' ? sandbox : app, book, one);
      }
      for (const restarted of [false, true]) {
        if (restarted) await at.restart();
        const { standing } = at.terms.logCounters(OPERATOR, licenseeId, PERIOD);
        const months = standing.months.flatMap(({ month, billed, micros }) => {
          assert.equal(micros, billed * 5000);
          return billed > 0 ? [[new Date(Date.UTC(1970, month)).toISOString().slice(0, 7), billed]] : [];
        });
        assert.deepEqual(
          new Map(months as [string, number][]),
          new Map([...book.months].filter(([, n]) => n > 0)),
        );
        const given = standing.sandbox.map(({ day, items }) => [
          new Date(day * DAY_MS).toISOString().slice(0, 10),
          items,
        ]);
        assert.deepEqual(
          new Map(given as [string, number][]),
          new Map([...book.sandbox].filter(([, n]) => n > 0)),
        );
        const report = await at.audit({ licenseeId, ...PERIOD, openings: true });
        assert.deepEqual(report.findings, []);
        assert.equal(report.closings.dedupeChecked, report.closings.entries);
      }
      assert.deepEqual(at.reports, []);
      await recountErased(at, licenseeId, log);
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
});
