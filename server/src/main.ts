import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type OpenActions, openActions } from '#actions';
import { type Compliance, openCompliance } from '#compliance';
import {
  claimFolder,
  controlAddress,
  type Folder,
  FolderBusy,
  guardOf,
  masterKey,
  type OpenWriter,
  openFolder,
  openWriter,
} from '#datafolder';
import type { Logger, LogSettings } from '#http';
import { type Access, openAccess } from '#identity';
import { type Clock, createVault, systemCause, systemClock } from '#kernel';
import { createOutbound } from '#kernel/outbound';
import { type Ledger, openLedger } from '#ledger';
import { type MediaLibrary, openMedia } from '#media';
import { type Messages, openMessages } from '#messages';
import { type Outbox, openOutbox } from '#outbox';
import { type OpenPostReader, openPostReader } from '#posts';
import { openSearchIndex, type SearchIndex } from '#search';
import { openStreams, type Streams } from '#streams';
import { openTerms, type Terms } from '#terms';
import { openWebhooks, type Webhooks } from '#webhooks';
import { accountActivity, linkPresenter } from '#x';
import { type Config, hostOf } from './config.ts';
import { personWorld } from './wiring/person-world.ts';
import { webhookWorld } from './wiring/webhook-world.ts';

/** Decoded posts and persons that the event loop keeps: a share of the 300 MB that a start may take. */
const READER_CACHE_BYTES = 48 << 20;

/** Names of backends looked up at once. The operator chose the name, so one at a time keeps nobody waiting for long. */
const BACKEND_LOOKUPS_AT_ONCE = 1;

/** Of whoever opens a folder without saying how to log. */
const QUIET_LOG: LogSettings = { level: 'warn', format: 'text' };

/** All modules of one data folder, open and wired. Whoever holds it owns the folder. */
export type Parley = {
  config: Config;
  clock: Clock;
  folder: Folder;
  access: Access;
  posts: OpenPostReader;
  writer: OpenWriter;
  search: SearchIndex;
  terms: Terms;
  streams: Streams;
  media: MediaLibrary;
  messages: Messages;
  outbox: Outbox;
  webhooks: Webhooks;
  compliance: Compliance;
  ledger: Ledger;
  network: OpenActions;
  /** What the world reaches this server by; known for good once it listens. */
  reach: { base: string };
  /** Its folder, for readers on threads of their own. */
  ledgerDir: string;
  /** Where commands for this folder are taken. */
  controlAddress: string;
  /** The server's own lines. */
  logger: Logger;
  /** What went wrong in a module: a warning, or with a cause an error. */
  log(message: string, cause?: unknown): void;
  close(): Promise<void>;
};

/**
 * Opens a data folder: config → engines → modules, by hand. What was opened is closed again if a later module refuses.
 * @throws FolderBusy when another process owns it; Error with what to do for a damaged journal or a wrong key.
 */
export async function openParley(
  config: Config,
  given: { clock?: Clock; logger?: Logger } = {},
): Promise<Parley> {
  const clock = given.clock ?? systemClock;
  const logger = given.logger ?? (await import('#http/logger')).createLogger(config.log ?? QUIET_LOG);
  const { log } = logger;
  const opened: (() => unknown)[] = [];
  opened.push(() => logger.close());
  const close = async () => {
    const failures: unknown[] = [];
    for (const end of opened.splice(0).reverse()) {
      // A module that cannot close (a full disk) must not keep the others open.
      try {
        await end();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  };
  try {
    const folder = openFolder(config.data, config.origin);
    opened.push(() => folder.release());
    const claim = await claimFolder(folder.id);
    opened.push(() => claim.release());
    const guard = await guardOf(folder, config.guard, (message) => log(message));
    const inFolder = (name: string) => join(folder.path, name);
    // Nothing can be sealed in a folder before this file is made.
    const sealed = existsSync(inFolder('terms.db')) ? folder.path : undefined;
    const vault = createVault(masterKey(config.masterKey, config.masterKeyFile, sealed));

    const writer = await openWriter(inFolder('posts.db'), { clock });
    opened.push(() => writer.close());
    const posts = openPostReader(inFolder('posts.db'), { cacheBytes: READER_CACHE_BYTES });
    opened.push(() => posts.close());
    writer.onTouched((touched) => posts.forget(touched));
    const search = openSearchIndex(inFolder('posts.db'));
    opened.push(() => search.close());

    const terms = await openTerms({
      file: inFolder('terms.db'),
      vault,
      clock,
      report: (message) => log(message),
    });
    opened.push(() => terms.close());
    const access = await openAccess({
      file: inFolder('access.db'),
      clock,
      logOf: (token) => terms.logOf(token, clock.now()),
      persons: {
        file: inFolder('persons.db'),
        nonceFile: inFolder('nonces.db'),
        vault,
        world: personWorld(terms, posts),
      },
    });
    opened.push(() => access.close());
    const ledgerDir = inFolder('ledger');
    const ledger = await openLedger({
      dir: ledgerDir,
      operatorOrigin: folder.origin,
      vault,
      watched: [folder.lock],
      ...(guard && { guard }),
      projections: terms.projections,
      report: (message) => log(message),
      onFailed: (cause) => {
        const why = systemCause(cause, ledgerDir);
        log(
          `the ledger can record no more calls${why ? ` (${why})` : ''}; all are refused until a restart`,
          cause,
        );
      },
    });
    opened.push(() => ledger.close());
    await terms.attach(ledger);
    const streams = openStreams({ file: inFolder('streams.db'), posts, writer, terms, clock, log });
    opened.push(() => streams.close());
    const reach = { base: config.publicUrl ?? `http://${hostOf(config)}:${config.port}` };
    const media = openMedia({
      file: inFolder('media.db'),
      dir: inFolder('media'),
      clock,
      publicBase: () => reach.base,
      network: posts,
      log,
    });
    opened.push(() => media.close());
    writer.onTouched((touched) => media.forget(touched));
    const network = openActions({
      file: inFolder('network.db'),
      posts,
      writer,
      media,
      clock,
      vault,
      outbound: createOutbound({
        allow: config.allowOutbound ?? [],
        lookupsAtOnce: BACKEND_LOOKUPS_AT_ONCE,
      }),
      log,
    });
    opened.push(() => network.close());
    const messages = openMessages({
      file: inFolder('messages.db'),
      clock,
      vault,
      media,
      people: posts,
      relations: posts,
      events: posts,
    });
    opened.push(() => messages.close());
    writer.onTouched(({ people, lastEvent }) => {
      if (people.length > 0 && lastEvent !== undefined) messages.followDeletions();
    });
    const compliance = openCompliance({
      dir: inFolder('compliance'),
      file: inFolder('compliance.db'),
      posts: inFolder('posts.db'),
      vault,
      clock,
      log,
    });
    opened.push(() => compliance.close());
    const outbox = openOutbox({ file: inFolder('outbox.db'), clock, log });
    const webhooks = openWebhooks({
      file: inFolder('webhooks.db'),
      clock,
      // A door of its own: what the operator opened for the backend is no address for licensees.
      outbound: createOutbound({ allow: config.allowWebhooks ?? [] }),
      outbox,
      terms,
      network: posts,
      messages,
      presenter: accountActivity,
      linkPresenter: linkPresenter(
        posts,
        {
          now: clock.now,
          mayWrite: messages.mayWrite,
          isAskingToFollow: network.isAskingToFollow,
        },
        terms.dialectOf,
      ),
      matching: streams.matching,
      ...webhookWorld(terms, access),
      log,
    });
    opened.push(() => webhooks.close());
    opened.push(() => {
      webhooks.stop();
      return outbox.close();
    });
    writer.onTouched(({ lastEvent }) => lastEvent !== undefined && webhooks.follow());
    messages.onKept(webhooks.follow);
    outbox.start();

    const address = controlAddress(folder.path);
    return {
      config,
      clock,
      folder,
      access,
      posts,
      writer,
      search,
      terms,
      streams,
      media,
      messages,
      outbox,
      webhooks,
      compliance,
      ledger,
      network,
      reach,
      ledgerDir,
      controlAddress: address,
      logger,
      log,
      close,
    };
  } catch (error) {
    await close().catch(() => undefined);
    const why = error instanceof FolderBusy ? undefined : systemCause(error, config.data);
    if (why === undefined) throw error;
    throw new Error(`${config.data} cannot be opened: ${why} (${(error as Error).message})`, {
      cause: error,
    });
  }
}
