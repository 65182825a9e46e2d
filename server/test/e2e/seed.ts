import { join } from 'node:path';
import { makeId, systemClock } from '#kernel';
import { defaultPerson, defaultPost, noMetrics } from '#posts';
import { OPERATOR } from '#terms';
import { openParley } from '../../src/main.ts';

/** mulberry32: small, fast, good enough to choose moments. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const POSTS = 300;
const RATE = 100_000_000;

/** A small platform with one app that no rate window holds back. @returns its key and addresses worth calling. */
export async function seedPlatform(
  dir: string,
): Promise<{ bearer: string; paths: string[]; licenseeId: string; postIds: string[] }> {
  const parley = await openParley({
    data: join(dir, 'data'),
    host: '127.0.0.1',
    port: 0,
    masterKeyFile: join(dir, 'master.key'),
  });
  try {
    const now = systemClock.now();
    const ids = Array.from({ length: POSTS }, (_, index) => makeId(now - 60_000 - index * 1_000, index));
    await parley.writer.apply([
      {
        kind: 'person',
        person: {
          ...defaultPerson('12'),
          username: 'mira',
          name: 'Mira',
          metrics: { followers: 1, following: 1, posts: POSTS, listed: 0 },
        },
      },
      ...ids.map((id, index) => ({
        kind: 'post' as const,
        post: {
          ...defaultPost({ id, authorId: '12', createdAt: now - 60_000 - index * 1_000 }),
          text: `coffee number ${index}`,
          lang: 'en',
          metrics: { ...noMetrics(), likes: index },
        },
      })),
    ]);
    const base = parley.terms.plans().find((plan) => plan.name === 'enterprise-200m')!;
    const rates = Object.fromEntries(
      Object.keys(base.rates).map((operation) => [operation, [RATE, RATE] as const]),
    );
    await parley.terms.addPlan({ name: 'no-windows', base: 'enterprise-200m', rates, ratesPerSecond: {} });
    const { licenseeId } = await parley.terms.addLicensee('Crash Test Readers');
    const { bearerToken } = await parley.terms.addApp(OPERATOR, { licenseeId, plan: 'no-windows' });
    return {
      bearer: bearerToken,
      licenseeId,
      postIds: ids,
      paths: [
        `/2/tweets/${ids[7]}`,
        `/2/tweets?ids=${ids.slice(0, 20).join(',')}`,
        '/2/tweets/search/recent?query=coffee&max_results=50',
        '/2/users/by/username/mira',
        '/2/users/12/tweets?max_results=30&expansions=author_id',
      ],
    };
  } finally {
    await parley.close();
  }
}
