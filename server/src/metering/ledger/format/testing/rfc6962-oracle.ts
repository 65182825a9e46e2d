import { createHash } from 'node:crypto';

/** RFC 6962 §2.1 as it is written there, recursively: the slow truth that the tree's code is held against. */
export function sha(...parts: Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** The largest power of two smaller than n. */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** Merkle Tree Hash of a list of data entries. */
export function mth(data: readonly Uint8Array[]): Buffer {
  return mthOfLeaves(data.map((one) => sha(Buffer.from([0]), one)));
}

/** The same, with the leaf hashes given. */
export function mthOfLeaves(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 0) return sha();
  if (leaves.length === 1) return Buffer.from(leaves[0]!);
  const k = split(leaves.length);
  return sha(Buffer.from([1]), mthOfLeaves(leaves.slice(0, k)), mthOfLeaves(leaves.slice(k)));
}

/** Merkle Audit Path PATH(m, D[n]). */
export function auditPath(m: number, leaves: readonly Uint8Array[]): Buffer[] {
  if (leaves.length <= 1) return [];
  const k = split(leaves.length);
  return m < k
    ? [...auditPath(m, leaves.slice(0, k)), mthOfLeaves(leaves.slice(k))]
    : [...auditPath(m - k, leaves.slice(k)), mthOfLeaves(leaves.slice(0, k))];
}
