import { type Clock, idTime, makeId } from '#kernel';

/** Gives out ids: snowflakes of now, each greater than the one before, also while the clock runs back. */
export type PostIdMint = {
  /** @param after gives an id greater than this one. */
  next(after?: string): { id: string; createdAt: number };
};

/** @param isTaken true for ids that posts from elsewhere hold: theirs are hashes and may fall on ours. */
export function createMint(clock: Clock, isTaken: (id: string) => boolean): PostIdMint {
  let last = 0n;
  return {
    next(after = '0') {
      const now = BigInt(makeId(clock.now(), 0));
      let id = [now, last + 1n, BigInt(after) + 1n].reduce((a, b) => (a > b ? a : b));
      while (isTaken(String(id))) id += 1n;
      last = id;
      return { id: String(id), createdAt: idTime(id) };
    },
  };
}
