import { Problem } from '#kernel';

/** Acts of one person that may wait for each other: more come from a client that has lost its mind. */
const WAITING_MAX = 50;
const RETRY_AFTER_SECONDS = 2;

/** Runs what belongs to one person one after the other, so that two acts at once cannot both pass one check. */
export type Turns = <Result>(personId: string, act: () => Promise<Result>) => Promise<Result>;

export function createTurns(): Turns {
  const queues = new Map<string, { last: Promise<unknown>; waiting: number }>();
  return async (personId, act) => {
    const queue = queues.get(personId) ?? { last: Promise.resolve(), waiting: 0 };
    if (queue.waiting >= WAITING_MAX)
      throw new Problem('overloaded', {}, { headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } });
    queues.set(personId, queue);
    queue.waiting += 1;
    const result = queue.last.then(act);
    queue.last = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      queue.waiting -= 1;
      if (queue.waiting === 0) queues.delete(personId);
    }
  };
}
