import type { BatchEntry, CallEntry } from '#ledger';
import type { Finding } from './port.ts';

/** What delivers and is priced: a call, or a batch of a stream. */
export type DeliveryEntry = CallEntry | BatchEntry;

/** A log that is wrong everywhere needs no million sentences to say so. */
const FINDINGS_MAX = 1000;

/** Collects findings; beyond the most that a report holds they are only counted. */
export type Findings = { list: Finding[]; leftOut: number; add(finding: Finding): void };

export function createFindings(): Findings {
  const findings: Findings = {
    list: [],
    leftOut: 0,
    add(finding) {
      if (findings.list.length < FINDINGS_MAX) findings.list.push(finding);
      else findings.leftOut++;
    },
  };
  return findings;
}
