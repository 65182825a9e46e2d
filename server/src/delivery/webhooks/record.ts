import type { Clock } from '#kernel';
import type { Attempt } from '#outbox';
import { type Caller, type Group, isDenial, type Terms } from '#terms';

/** What an app's plan or cap keeps back is asked again so often. */
export const KEPT_BACK_MS = 3_600_000;
const NO_BODY = new Uint8Array();

/** What the ledger recorded as delivered, noted so that a second attempt is no second delivery. */
export type Recorded = { posts: readonly string[]; persons: readonly string[] };

/** One delivery as the ledger has it. */
export type DeliveredPosts = { operation: string; target: string; group: Group };

/**
 * Records and charges one delivery. It is on disk when it resolves, and noted with the job.
 * @returns what fitted; `later` for what the app's plan or cap keeps back.
 */
export async function record(
  { clock, terms }: { clock: Clock; terms: Pick<Terms, 'admit' | 'charge'> },
  caller: Caller,
  { operation, target, group }: DeliveredPosts,
  attempt: Attempt,
): Promise<Recorded | { later: number; why: string }> {
  const now = clock.now();
  const admission = terms.admit(caller, operation, { now });
  if (isDenial(admission)) return { later: now + KEPT_BACK_MS, why: admission.code };
  const request = { method: 'POST', target, bodyDigest: NO_BODY };
  const charge = terms.charge(admission, [group], { time: now, status: 200, request });
  if (isDenial(charge)) return { later: now + KEPT_BACK_MS, why: charge.code };
  await charge.entry?.committed;
  const { posts, persons } = idsOf(group);
  const recorded = {
    posts: posts.filter((id) => !charge.dropped.posts.has(id)),
    persons: persons.filter((id) => !charge.dropped.persons.has(id)),
  };
  attempt.note(JSON.stringify(recorded));
  return recorded;
}

/** All that a group holds, its main thing first. */
export function idsOf({ kind, id, posts, persons }: Group): Recorded {
  return kind === 'post' ? { posts: [id, ...posts], persons } : { posts, persons: [id, ...persons] };
}
