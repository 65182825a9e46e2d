import { createHash } from 'node:crypto';
import { createVault } from '#kernel';
import type { FilePort } from '../file.ts';
import type { LedgerOptions } from '../ledger.ts';
import { openLedger } from '../ledger.ts';
import type { CallFact, JournalRecord, Ledger, Projection } from '../port.ts';

/** A ledger for tests: a known vault, and facts that can be told apart by their operation's name. */
export const DIR = '/data/ledger';
export const ORIGIN = 'parley.example/ledger';
export const START_MS = 1_763_719_200_000;
export const vault = createVault(new Uint8Array(32).fill(7));

export function openTestLedger(files: FilePort, options: Partial<LedgerOptions> = {}): Promise<Ledger> {
  return openLedger({ dir: DIR, operatorOrigin: ORIGIN, vault, files, ...options });
}

/** A call whose `operation` is the given name; the number of items decides its counts and price. */
export function call(log: string, operation: string, items = 1, time = START_MS): CallFact {
  return {
    time,
    log,
    app: '1001',
    key: 'key-1',
    operation,
    purpose: 'display',
    recipient: 'self',
    status: 200,
    items: Array.from({ length: items }, (_, i) => ({
      kind: i % 3 === 2 ? 'person' : 'post',
      id: String(1_989_234_567_890_123_000n + BigInt(i)),
      billed: i % 2 === 0,
    })),
    priceMicros: items * 5000,
    agreement: new Uint8Array(32).fill(1),
    request: { method: 'GET', target: `/2/tweets?name=${operation}`, bodyDigest: new Uint8Array() },
  };
}

export function digestOf(state: unknown): { sha256: string } {
  return { sha256: createHash('sha256').update(JSON.stringify(state)).digest('hex') };
}

/** True for what `memory` remembers of a record that was asked for: not of the ledger's own entries. */
export const isAsked = (key: string) => !key.endsWith('/day-closed');

/** Remembers every record as `log/index/operation`, through snapshots too. */
export function memory(): Projection & { seen: string[] } {
  const projection = {
    name: 'memory',
    seen: [] as string[],
    load(state: Uint8Array | undefined) {
      projection.seen = state === undefined ? [] : (JSON.parse(Buffer.from(state).toString()) as string[]);
    },
    apply(record: JournalRecord) {
      const what = record.type === 'call' ? record.operation : record.event;
      projection.seen.push(`${record.log}/${record.index}/${what}`);
    },
    dump: () => Buffer.from(JSON.stringify(projection.seen)),
    digest: (log: string) => digestOf(projection.seen.filter((key) => key.startsWith(`${log}/`))),
  };
  return projection;
}
