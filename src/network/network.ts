import { type Clock, Problem } from '#kernel';
import type { MediaRoom } from '#media';
import type { Change, Outcome, PostReader, PostWriter, RelationReader } from '#posts';
import type { Ground } from './ground.ts';
import { createMint } from './mint.ts';
import { type Plan, plan } from './plan.ts';
import type { Done, Network } from './port.ts';
import { type FollowRequest, type NetworkStore, openNetworkStore } from './store-sqlite.ts';
import { createTurns } from './turns.ts';

export type NetworkOptions = {
  /** Path of `network.db`. */
  file: string;
  posts: PostReader & RelationReader;
  writer: Pick<PostWriter, 'apply'>;
  /** Without it nobody has uploaded anything. */
  media?: UsedMedia;
  clock: Clock;
};

type UsedMedia = Pick<MediaRoom, 'mediaOf' | 'keep' | 'release'>;

export type OpenNetwork = Network & {
  /** Requests to follow a protected person that wait for an answer, oldest first. */
  followRequests(): FollowRequest[];
  /** Grants or turns down a request. Throws Problem `not-found` where there is none. */
  answerRequest(from: string, to: string, isGranted: boolean): Promise<void>;
  close(): Promise<void>;
};

/** More than an operator reads at once. */
const REQUESTS_LISTED_MAX = 1_000;

const NO_MEDIA: UsedMedia = {
  mediaOf: (_personId, [id = '']) => ({ unusable: { id, because: 'unknown' } }),
  keep: () => undefined,
  release: () => undefined,
};

/** Opens the network of a data folder. */
export function openNetwork(options: NetworkOptions): OpenNetwork {
  const { posts, writer, media = NO_MEDIA, clock } = options;
  const store = openNetworkStore(options.file);
  const isTaken = (id: string) => posts.posts([id])[0] !== undefined || posts.lists([id])[0] !== undefined;
  const ground: Ground = {
    posts,
    relations: posts,
    clock,
    mint: createMint(clock, isTaken),
    mediaOf: media.mediaOf,
  };
  const inTurn = createTurns();
  const own = createOwn({ ground, writer, media, store });

  return {
    mode: () => 'own',
    act: (personId, act) => inTurn(personId, () => own(personId, plan(ground, personId, act))),
    check(personId, act) {
      plan(ground, personId, act);
    },
    followRequests: () => store.requests(REQUESTS_LISTED_MAX),
    answerRequest: (from, to, isGranted) =>
      inTurn(from, async () => {
        if (!store.request({ from, to, at: 0 }, false))
          throw new Problem('not-found', { detail: `Person ${from} has not asked to follow ${to}.` });
        if (isGranted)
          await apply(writer, [{ kind: 'relate', relation: 'follow', from, to, at: clock.now() }]);
      }),
    async close() {
      store.close();
    },
  };
}

type Own = {
  ground: Ground;
  writer: NetworkOptions['writer'];
  media: UsedMedia;
  store: NetworkStore;
};

/** Makes what was planned: media are kept, then all is written in one batch, and read back where it says more. */
export function createOwn({ ground, writer, media, store }: Own) {
  return async (personId: string, { changes, done, keeps, request }: Plan): Promise<Done> => {
    let changed = done.changed;
    if (request) {
      const altered = store.request({ ...request, at: ground.clock.now() }, request.begins);
      changed ||= altered;
    }
    if (changes.length === 0) return { ...done, changed };
    const use = keeps && ({ kind: 'post', id: keeps.postId } as const);
    if (keeps && use) media.keep(personId, keeps.mediaIds, use);
    try {
      await apply(writer, changes);
    } catch (error) {
      if (use) media.release(use);
      throw error;
    }
    if (done.postId === undefined) return { ...done, changed };
    const post = ground.posts.posts([done.postId])[0];
    return post === undefined || post === 'deleted' ? done : { ...done, editHistory: post.editHistory };
  };
}

/** @throws Problem for the first change that the store refuses: it knows what changed since the rules were asked. */
async function apply(writer: NetworkOptions['writer'], changes: readonly Change[]): Promise<void> {
  for (const outcome of await writer.apply(changes)) if (outcome.status === 'refused') throw refusal(outcome);
}

function refusal({ because, reason }: Outcome & { status: 'refused' }): Problem {
  const detail = `${reason.slice(0, 1).toUpperCase()}${reason.slice(1)}.`;
  switch (because) {
    case 'invalid':
      return new Problem('body-invalid', { detail });
    case 'deleted':
    case 'unknown':
      return new Problem('not-found', { detail });
    case 'conflict':
      return new Problem('conflict', { detail });
  }
}
