import { type Clock, type Outbound, Problem, type Vault } from '#kernel';
import type { MediaLibrary, PostMedia } from '#media';
import type { Change, ChangeOutcome, PostReader, PostWriter, RelationReader } from '#posts';
import { createActQueue } from './act-queue.ts';
import type { ActionContext, ActionDecision } from './action-context.ts';
import { decideConfirmed } from './apply-confirmation.ts';
import { createBackend } from './backend.ts';
import { checkShape, mediaFor } from './create-post.ts';
import { decideAction } from './decide-action.ts';
import { createMint } from './mint.ts';
import type { Act, Actions, Done } from './port.ts';
import { createSettings, type NetworkSettingsStore } from './settings.ts';
import { type ActionsStore, type FollowRequest, openActionsStore } from './store-sqlite.ts';

export type ActionsOptions = {
  /** Path of `network.db`. */
  file: string;
  posts: PostReader & RelationReader;
  writer: Pick<PostWriter, 'apply'>;
  /** Without it nobody has uploaded anything. */
  media?: UsedMedia;
  clock: Clock;
  /** Seals the key that commands are signed with. */
  vault: Vault;
  outbound: Outbound;
  /** What the operator has to know; never words of posts, never secrets. */
  log(message: string, cause?: unknown): void;
  /** How long a backend has for its answer; 10 s unless said. */
  answerMs?: number;
};

type UsedMedia = Pick<MediaLibrary, 'mediaOf' | 'keep' | 'release'>;

export type OpenActions = Actions & {
  settings: NetworkSettingsStore;
  /** Begins to repeat, by itself, what the backend has not confirmed. Once a server runs; a command does not. */
  start(): void;
  /** Nobody waits for the backend any longer; its answers are asked for again after the next start. */
  stop(): Promise<void>;
  /** Repeats now what is due. */
  retry(): Promise<void>;
  /** Requests to follow a protected person that wait for an answer, oldest first. */
  followRequests(): FollowRequest[];
  /** Grants or turns down a request. Throws Problem `not-found` where there is none. */
  answerRequest(from: string, to: string, isGranted: boolean): Promise<void>;
  close(): Promise<void>;
};

/** How often it is looked for commands that are due. */
const RETRY_EVERY_MS = 1_000;
/** More than an operator reads at once. */
const REQUESTS_LISTED_MAX = 1_000;

const NO_MEDIA: UsedMedia = {
  mediaOf: (_personId, [id = '']) => ({ unusable: { id, because: 'unknown' } }),
  keep: () => undefined,
  release: () => undefined,
};

/** Opens the network of a data folder. */
export function openActions(options: ActionsOptions): OpenActions {
  const { posts, writer, media = NO_MEDIA, clock, vault, outbound, log } = options;
  const store = openActionsStore(options.file);
  const isTaken = (id: string) => posts.posts([id])[0] !== undefined || posts.lists([id])[0] !== undefined;
  const context: ActionContext = {
    posts,
    relations: posts,
    clock,
    mint: createMint(clock, isTaken),
    mediaOf: media.mediaOf,
  };
  const acts = createActQueue();
  const write = createWrite({ context, writer, media, store });
  const settings = createSettings({ store, vault, clock, outbound });
  const backend = createBackend({
    store,
    outbound,
    clock,
    log,
    answerMs: options.answerMs,
    backend: settings.use,
    isTaken(personId, postId) {
      const post = posts.posts([postId])[0];
      return post === 'deleted' || (post !== undefined && post.authorId !== personId);
    },
    apply: (personId, act, { confirmation }) =>
      write(personId, decideConfirmed(context, personId, act, confirmation), (reason) =>
        log(`what the network's backend has done is not shown here: ${reason}`),
      ),
  });
  let timer: NodeJS.Timeout | undefined;

  /** What no network would take, and media that are not this person's. */
  function checkHandOver(personId: string, act: Act): readonly PostMedia[] {
    if (act.kind !== 'create-post') return [];
    checkShape(act);
    return mediaFor(context, personId, act);
  }

  return {
    mode: settings.mode,
    async act(personId, act, app) {
      if (settings.mode() === 'own')
        return acts.run({ tenant: personId }, () => write(personId, decideAction(context, personId, act)));
      return backend.act(personId, act, { app, media: checkHandOver(personId, act) });
    },
    isAskingToFollow: store.isRequested,
    check(personId, act) {
      if (settings.mode() === 'own') decideAction(context, personId, act);
      else checkHandOver(personId, act);
    },
    settings,
    start() {
      timer ??= setInterval(() => void backend.retry(), RETRY_EVERY_MS).unref();
    },
    async stop() {
      clearInterval(timer);
      await backend.stop();
    },
    retry: backend.retry,
    followRequests: () => store.requests(REQUESTS_LISTED_MAX),
    answerRequest: (from, to, isGranted) =>
      acts.run({ tenant: from }, async () => {
        if (!store.request({ from, to, at: 0 }, false))
          throw new Problem('not-found', { detail: `Person ${from} has not asked to follow ${to}.` });
        if (isGranted)
          await apply(writer, [{ kind: 'relate', relation: 'follow', from, to, at: clock.now() }]);
      }),
    async close() {
      clearInterval(timer);
      await backend.stop();
      store.close();
    },
  };
}

type Write = {
  context: ActionContext;
  writer: ActionsOptions['writer'];
  media: UsedMedia;
  store: ActionsStore;
};

/**
 * Makes what was planned: media are kept, then all is written in one batch, and read back where it says more.
 * @param tell what the store refuses is told instead of thrown, where the platform has done it already.
 */
function createWrite({ context, writer, media, store }: Write) {
  return async (
    personId: string,
    { changes, done, keeps, request }: ActionDecision,
    tell?: (reason: string) => void,
  ): Promise<Done> => {
    let changed = done.changed;
    if (request) {
      const altered = store.request({ ...request, at: context.clock.now() }, request.begins);
      changed ||= altered;
    }
    if (changes.length === 0) return { ...done, changed };
    const use = keeps && ({ kind: 'post', id: keeps.postId } as const);
    if (keeps && use) media.keep(personId, keeps.mediaIds, use);
    try {
      await apply(writer, changes, tell);
    } catch (error) {
      if (use) media.release(use);
      throw error;
    }
    if (done.postId === undefined) return { ...done, changed };
    const post = context.posts.posts([done.postId])[0];
    return post === undefined || post === 'deleted' ? done : { ...done, editHistory: post.editHistory };
  };
}

/** @throws Problem for the first change that the store refuses: it knows what changed since the rules were asked. */
async function apply(
  writer: ActionsOptions['writer'],
  changes: readonly Change[],
  tell?: (reason: string) => void,
): Promise<void> {
  for (const outcome of await writer.apply(changes)) {
    if (outcome.status !== 'refused') continue;
    if (!tell) throw refusal(outcome);
    tell(outcome.reason);
  }
}

/** The store's reason is in its own words, and tells what was deleted from what never was: only a mistake of form is shown. */
function refusal({ because, reason }: ChangeOutcome & { status: 'refused' }): Problem {
  switch (because) {
    case 'invalid':
      return new Problem('body-invalid', {
        detail: `${reason.slice(0, 1).toUpperCase()}${reason.slice(1)}.`,
      });
    case 'deleted':
    case 'unknown':
      return new Problem('not-found', { detail: 'What this is about is not there, or not any more.' });
    case 'conflict':
      return new Problem('conflict');
  }
}
