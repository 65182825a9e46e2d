import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createVault, type TestClock, testClock } from '#kernel';
import type { CallFact, JournalRecord } from '#ledger';
import {
  type AdmitOptions,
  type AgreementInput,
  type Caller,
  type Charge,
  type Credentials,
  type Denial,
  type Group,
  isDenial,
  OPERATOR,
  type Terms,
} from '../port.ts';
import { openTerms } from '../terms.ts';
import { type FakeLedger, fakeLedger } from './test-ledger.ts';

/** A path for a `terms.db` in a temporary folder that goes with the test. */
export function temporaryFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-terms-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'terms.db');
}

/** A moment in the middle of a month, a day and a quarter hour. */
export const NOON = Date.parse('2026-11-21T12:01:00.000Z');

export const vault = createVault(new Uint8Array(32).fill(7));

export const REQUEST: CallFact['request'] = {
  method: 'GET',
  target: '/2/tweets/search/recent?query=coffee',
  bodyDigest: new Uint8Array(),
};

export type TermsWorld = {
  terms: Terms;
  ledger: FakeLedger;
  clock: TestClock;
  file: string;
  /** A licensee with one app on the plan. */
  app(
    input?: Partial<AgreementInput> & { sandbox?: boolean; licensee?: string },
  ): Promise<Credentials & { licenseeId: string }>;
  caller(credentials: Credentials): Caller;
  /** Admits and charges; throws when admission is denied. */
  call(
    credentials: Credentials,
    groups: readonly Group[],
    more?: { operation?: string; status?: number } & Partial<AdmitOptions>,
  ): Charge | Denial;
};

/** Terms over a fake ledger, with a clock that the test moves. */
export async function world(
  options: {
    file?: string;
    clock?: TestClock;
    states?: Map<string, Uint8Array>;
    records?: JournalRecord[];
    report?: (message: string) => void;
  } = {},
): Promise<TermsWorld> {
  const { file = ':memory:', clock = testClock(NOON), states, records, report } = options;
  const terms = await openTerms({ file, vault, clock, report });
  const ledger = fakeLedger(terms.projections, { states, records });
  await terms.attach(ledger);
  let made = 0;

  function caller(credentials: Credentials): Caller {
    const found = terms.authenticate(credentials.bearerToken, { now: clock.now(), remote: '192.0.2.1' });
    if (isDenial(found)) throw new Error(`not authenticated: ${found.code}`);
    return found;
  }

  return {
    terms,
    ledger,
    clock,
    file,
    caller,
    async app({ licensee, ...input } = {}) {
      made += 1;
      const { licenseeId } = await terms.addLicensee(
        licensee ?? (made === 1 ? 'Example Ads' : `Example Ads ${made}`),
      );
      const credentials = await terms.addApp(OPERATOR, { licenseeId, plan: 'basic', ...input });
      return { ...credentials, licenseeId };
    },
    call(credentials, groups, { operation = 'searchPostsRecent', status = 200, ...admit } = {}) {
      const admission = terms.admit(caller(credentials), operation, { now: clock.now(), ...admit });
      if (isDenial(admission)) throw new Error(`not admitted: ${JSON.stringify(admission.fields)}`);
      return terms.charge(admission, groups, { time: clock.now(), status, request: REQUEST });
    },
  };
}

/** A post alone, or with what it brings in. */
export function post(id: number | bigint | string, posts: string[] = [], persons: string[] = []): Group {
  return { kind: 'post', id: String(id), posts, persons };
}
