import { Worker } from 'node:worker_threads';
import { Problem, utcDay } from '#kernel';
import type { Ledger } from '#ledger';
import { addCounts, emptyCounts, OPERATOR, type Terms } from '#terms';
import { compareCounters, compareTree } from './compare.ts';
import type { AuditReport, AuditRequest, Finding, Recount } from './port.ts';
import type { FromRecount, RecountTask } from './thread.ts';

/** The heap of the recounting thread: it holds sums and, with openings, ids of a few days. */
const HEAP_MB_MAX = 1024;
/** How often the integrator is asked whether the newest calls are in the signed tree. */
const TREE_TRIES = 50;
const TREE_WAIT_MS = 100;

type Parts = {
  terms: Pick<Terms, 'logCounters'>;
  ledger: Pick<Ledger, 'integrated' | 'reader'>;
  /** The ledger's folder, as it was given to `openLedger`. */
  ledgerDir: string;
};

/**
 * Recounts a licensee's log from its entries and says whether counters, entries and signed tree agree. The counters
 * are taken in one step and compared with exactly the entries that they have counted, while calls go on. The
 * recount runs on a thread of its own. Throws Problem `not-found`, `body-invalid`; AbortError when aborted.
 */
export async function audit(
  { terms, ledger, ledgerDir }: Parts,
  request: AuditRequest,
): Promise<AuditReport> {
  const { licenseeId, from, to, openings = false, signal, onProgress } = request;
  const counters = terms.logCounters(OPERATOR, licenseeId, { from, to });
  const head = await headWith(ledger, counters.log, counters.entries);
  const entries = Math.min(head.size, counters.entries);
  const task = { dir: ledgerDir, log: counters.log, head, entries, licenseeId, from, to, openings };
  const recount = await recountOnThread(task, signal, (done) => onProgress?.(done, entries));
  const counterFindings = compareCounters(counters, recount);
  const treeFindings = compareTree(counters, head.size, recount);
  const findings: Finding[] = [...treeFindings, ...counterFindings, ...recount.findings];
  const totals = emptyCounts();
  for (const row of recount.rows) addCounts(totals, row);
  return {
    licenseeId,
    log: counters.log,
    from: utcDay(from),
    to: utcDay(to),
    agrees: findings.length === 0,
    entries: recount.entries,
    treeSize: head.size,
    counterEntries: counters.entries,
    entriesAgree: recount.findings.length === 0,
    countersAgree: counterFindings.length === 0,
    treeSizeAgrees: treeFindings.length === 0,
    rows: recount.rows,
    totals,
    logTotals: recount.totals,
    agreements: recount.agreements,
    openings: recount.openings,
    closings: recount.closings,
    notChecked: notChecked(recount, counters.complete),
    notes: recount.notes,
    findings,
    findingsLeftOut: recount.findingsLeftOut,
  };
}

/** The newest signed head, once it holds the entries that the counters know of; a shorter one if it never does. */
async function headWith(
  ledger: Parts['ledger'],
  log: string,
  entries: number,
): Promise<{ size: number; note: string }> {
  for (let attempt = 0; ; attempt++) {
    await ledger.integrated();
    const head = ledger.reader.checkpoint(log);
    if (head && head.size >= entries) return { size: head.size, note: head.text };
    if (attempt === TREE_TRIES) {
      if (head) return { size: head.size, note: head.text };
      throw new Problem('not-found', { detail: `The log ${log} has no checkpoint yet.` });
    }
    await new Promise((resolve) => setTimeout(resolve, TREE_WAIT_MS));
  }
}

function recountOnThread(
  task: RecountTask,
  signal: AbortSignal | undefined,
  onProgress: (done: number) => void,
): Promise<Recount> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const worker = new Worker(new URL('./thread.ts', import.meta.url), {
      workerData: { audit: task },
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
    });
    const abort = () => {
      void worker.terminate();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    worker.on('message', (message: FromRecount) => {
      if ('done' in message) return onProgress(message.done);
      signal?.removeEventListener('abort', abort);
      resolve(message.recount);
    });
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new Error(`the recount ended early (${code})`)));
  });
}

function notChecked(recount: Recount, countersComplete: boolean): string[] {
  const list: string[] = [];
  if (!recount.openings) {
    list.push(
      'That nothing was billed twice in a UTC day: entries hold no ids. Run the audit with openings.',
    );
  } else if (recount.openings.erased > 0) {
    list.push(
      `${recount.openings.erased} items were erased at their authors' request: their ids are not known any more.`,
    );
  }
  const { entries, dedupeChecked } = recount.closings;
  if (entries > dedupeChecked) {
    list.push(
      `What ${entries - dedupeChecked} of ${entries} closed days committed to as billed: ids of days that were not opened, or were erased.`,
    );
  }
  list.push('Rate windows of single persons: no entry names the person who called.');
  if (!countersComplete)
    list.push('Days that the counters no longer keep: only the entries were counted there.');
  list.push('Hashes and signatures of the tree: `parley ledger verify` recomputes them.');
  return list;
}
