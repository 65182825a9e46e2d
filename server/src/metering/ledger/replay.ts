import { join } from 'node:path';
import type { FilePort } from './file.ts';
import type { StoredRecord } from './record.ts';
import { presentRecord, readRecord } from './record.ts';
import type { Recovered } from './recovery.ts';
import { recoverJournal } from './recovery.ts';
import { LedgerDamage } from './segment.ts';
import type { SignedEntries } from './signed-entries.ts';
import type { Snapshot } from './snapshot.ts';
import { readSnapshots, rejectSnapshot } from './snapshot.ts';
import type { LedgerState } from './state.ts';

export type ReplayOptions = {
  files: FilePort;
  /** The ledger's folder. */
  dir: string;
  state: LedgerState;
  /** Signed heads cover all positions below this. */
  signedThrough: number;
  signed: SignedEntries;
  report: (message: string) => void;
};

/** @param replayed records that were read: those since the snapshot, or all. */
export type Replayed = Recovered & { replayed: number };

/**
 * Brings the state up to the journal's end: from the newest snapshot that the journal confirms, or from the beginning.
 * A snapshot is believed only if the record after it, in every log, is a signed `day-closed` entry that commits to just
 * what the snapshot says: an altered, an older or another folder's one is passed over, with a word.
 * @throws LedgerDamage if the journal is damaged, contradicts itself, or is another than what was signed
 */
export async function replayJournal(options: ReplayOptions): Promise<Replayed> {
  const { files, dir, state, report } = options;
  const snapshots = join(dir, 'snapshots');
  const names = state.projections.map(({ name }) => name);
  const rejected: { path: string; position: number; why: string }[] = [];
  let cut: Recovered['cut'];

  async function from(snapshot: Snapshot | undefined): Promise<Replayed> {
    const recovered = await recover(options, snapshot);
    cut ??= recovered.cut;
    const { position } = recovered.end;
    const beyond = rejected.find((one) => one.position > position);
    if (beyond) {
      throw new LedgerDamage(
        `The journal ends at record ${position}, but a snapshot was taken at record ${beyond.position}`,
        beyond.path,
        undefined,
        'Restore the journal from a backup. If that is all there ever was, remove the snapshot and start again',
      );
    }
    // Only now: were the journal itself damaged, nothing would have been changed.
    for (const { path, why } of rejected) {
      report(
        `The snapshot ${path} does not agree with the journal (${why}). It was put aside as ${await rejectSnapshot(files, path)}; everything was counted anew from the journal.`,
      );
    }
    return { ...recovered, cut, replayed: recovered.end.position - (snapshot?.point.position ?? 0) };
  }

  for await (const { path, snapshot } of readSnapshots(files, snapshots, names, report)) {
    try {
      load(state, snapshot);
      return await from(snapshot);
    } catch (error) {
      if (!(error instanceof LedgerDamage || error instanceof Unconfirmed)) throw error;
      rejected.push({
        path,
        position: snapshot.point.position,
        why: error instanceof LedgerDamage ? error.what : error.message,
      });
    }
  }
  state.reset();
  return from(undefined);
}

/** The snapshot, and not the journal, is to blame. */
class Unconfirmed extends Error {}

function load(state: LedgerState, snapshot: Snapshot): void {
  try {
    state.load(snapshot);
  } catch (cause) {
    throw new Unconfirmed((cause as Error).message, { cause });
  }
}

async function recover(options: ReplayOptions, snapshot: Snapshot | undefined): Promise<Recovered> {
  const { files, dir, state, signedThrough, signed } = options;
  let visited: StoredRecord[] = [];
  const recovered = await recoverJournal({
    files,
    dir: join(dir, 'journal'),
    from: snapshot?.point,
    signedThrough,
    visit: (bytes, start, end, position) => {
      const stored = readRecord(bytes, start, end);
      const record = presentRecord(stored);
      visited.push(stored);
      if (!state.logs.has(record.log)) throw noKey(dir, record.log);
      state.replay(record, position);
    },
    async visited() {
      const records = visited;
      visited = [];
      await signed.compare(records);
    },
  });
  const log = snapshot && state.unconfirmed();
  if (log !== undefined) throw new Unconfirmed(`no day-closed entry confirms log ${log}`);
  // Anybody can write a record behind the last signed one: what confirms a snapshot has to be signed.
  const open = snapshot?.logs.find(({ log, size }) => size > 0 && !signed.covers(log, size));
  if (open) throw new Unconfirmed(`the day-closed entry of log ${open.log} was not signed`);
  return recovered;
}

function noKey(dir: string, log: string): LedgerDamage {
  const advice = 'Restore its key file from a backup: without it the log cannot go on';
  return new LedgerDamage(
    `The journal has records of log ${log}, which has no key`,
    join(dir, log),
    undefined,
    advice,
  );
}
