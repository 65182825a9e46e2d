import { DAY_MS } from '#kernel';
import { commitmentsOf, type Item, type Opening } from '#ledger';
import { createDedupe, isSandboxKey } from '#terms';
import type { DeliveryEntry, Findings } from './findings.ts';
import type { OpeningsChecked } from './port.ts';

/** Openings held against their entries: commitments, counts, and each UTC day's dedupe. */
export type OpeningCheck = {
  checked: OpeningsChecked;
  check(entry: DeliveryEntry, opening: Opening | undefined): void;
  /**
   * SHA-256 of what these apps (sorted) were billed on the given UTC days, so far.
   * Undefined where something is not known: erased, missing, or of a day that is kept no more.
   */
  digest(apps: readonly string[], days: readonly number[]): string | undefined;
  /** Days on which something was billed. */
  days(apps: readonly string[]): number[];
};

/** Give it every call from a UTC midnight on, in order: a day's first delivery is the one that is billed. */
export function createOpeningCheck(findings: Findings): OpeningCheck {
  const checked: OpeningsChecked = { entries: 0, items: 0, erased: 0, missing: 0 };
  /** Days whose ids are kept no more: what is free there may have been billed before. */
  const forgotten = new Set<number>();
  const dedupe = createDedupe((day) => forgotten.add(day));
  /** Apps and days of which something was erased. */
  const withErased = new Set<string>();

  function checkCommitments(entry: DeliveryEntry, opening: Opening): void {
    const { commitment, requestCommitment } = commitmentsOf(opening);
    const where = { kind: 'opening', index: entry.index, appId: entry.app } as const;
    if (!commitment.equals(entry.commitment)) {
      findings.add({ ...where, what: 'The entry commits to other items than its opening holds.' });
    }
    if (!requestCommitment.equals(entry.requestCommitment)) {
      findings.add({ ...where, what: 'The entry commits to another request than its opening holds.' });
    }
  }

  function checkCounts(entry: DeliveryEntry, items: readonly Item[], erased: number): void {
    const posts = items.filter(({ kind }) => kind === 'post');
    const found = [posts.length, items.length - posts.length, ...billed(posts, items)];
    const expected = [entry.posts, entry.persons, entry.postsBilled, entry.personsBilled];
    // Each erased item could have been of any kind.
    const agrees = found.every((count, i) => count <= expected[i]! && count + erased >= expected[i]!);
    if (agrees && entry.posts + entry.persons === items.length + erased) return;
    findings.add({
      kind: 'opening',
      index: entry.index,
      appId: entry.app,
      what: 'The opening holds other numbers of items than the entry counts (posts, persons, billed of each).',
      expected: expected.join(' '),
      found: found.join(' '),
    });
  }

  function checkDedupe(entry: DeliveryEntry, items: readonly Item[], erased: number): void {
    const { index, time, app, key } = entry;
    const day = Math.floor(time / DAY_MS);
    const place = `${app} ${day}`;
    if (erased > 0) withErased.add(place);
    // A sandbox call is never billed; and what was billed first may be what was erased.
    const mayBeFree = isSandboxKey(key) || withErased.has(place) || forgotten.has(day);
    const today = dedupe.of(app, time);
    for (const { kind, id, billed: isBilled } of items) {
      const known = (kind === 'post' ? today?.posts : today?.persons)?.has(id) === true;
      if (known !== isBilled || (!isBilled && mayBeFree)) continue;
      findings.add({
        kind: 'dedupe',
        index,
        appId: app,
        what: known
          ? `A ${kind} is billed again on the same UTC day.`
          : `A ${kind} is not billed, though it was not delivered before on that UTC day.`,
        found: id,
      });
    }
    dedupe.bill(app, time, items);
  }

  return {
    checked,
    digest(apps, days) {
      const isKnown = (day: number) =>
        !forgotten.has(day) && apps.every((app) => !withErased.has(`${app} ${day}`));
      return checked.missing === 0 && days.every(isKnown) ? dedupe.digestOf(apps, days).sha256 : undefined;
    },
    days: (apps) => dedupe.digestOf(apps).days,
    check(entry, opening) {
      checked.entries++;
      if (!opening) {
        checked.missing++;
        return findings.add({
          kind: 'opening',
          index: entry.index,
          appId: entry.app,
          what: 'The opening is missing.',
        });
      }
      const items = opening.items.filter((item): item is Item => item.kind !== 'erased');
      const erased = opening.items.length - items.length;
      checked.items += items.length;
      checked.erased += erased;
      checkCommitments(entry, opening);
      checkCounts(entry, items, erased);
      checkDedupe(entry, items, erased);
    },
  };
}

function billed(posts: readonly Item[], items: readonly Item[]): [posts: number, persons: number] {
  const ofPosts = posts.filter((item) => item.billed).length;
  return [ofPosts, items.filter((item) => item.billed).length - ofPosts];
}
