import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createVault, testClock } from '#kernel';
import { openLedger } from '#ledger';
import { openTerms } from '#terms';
import { audit } from '../audit.ts';
import type { AuditReport, AuditRequest } from '../port.ts';

export type House = Awaited<ReturnType<typeof house>>;

/** Real terms over a real ledger in a temporary folder, with a clock that the test moves. @param start Unix ms. */
export async function house(t: TestContext, start: number) {
  const dir = mkdtempSync(join(tmpdir(), 'parley-audit-'));
  const ledgerDir = join(dir, 'ledger');
  const clock = testClock(start);
  /** What starts reported. */
  const reports: string[] = [];
  const vault = createVault(new Uint8Array(32).fill(3));
  const open = async () => {
    const terms = await openTerms({
      file: join(dir, 'terms.db'),
      vault,
      clock,
      report: (line) => reports.push(line),
    });
    const { projections } = terms;
    const ledger = await openLedger({
      dir: ledgerDir,
      operatorOrigin: 'parley.example/ledger',
      vault,
      projections,
      report: (line) => reports.push(line),
    });
    await terms.attach(ledger);
    return { terms, ledger, ledgerDir };
  };
  let parts = await open();
  const close = async () => {
    await parts.ledger.close();
    await parts.terms.close();
  };
  t.after(async () => {
    await close();
    rmSync(dir, { recursive: true, force: true });
  });
  return {
    clock,
    ledgerDir,
    termsFile: join(dir, 'terms.db'),
    reports,
    get terms() {
      return parts.terms;
    },
    get ledger() {
      return parts.ledger;
    },
    /** @param between runs while all is closed. */
    async restart(between: () => unknown = () => {}) {
      await close();
      await between();
      parts = await open();
    },
    audit: (request: AuditRequest): Promise<AuditReport> => audit(parts, request),
  };
}
