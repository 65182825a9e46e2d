import { randomUUID } from 'node:crypto';
import { type Clock, type Outbound, Problem, type ProblemCode } from '#kernel';
import { OutboundError } from '#kernel/outbound';
import type { PostMedia } from '#media';
import { type BackendCommand, type ConfirmationReading, digestOf, readAnswer, subjectOf } from './command.ts';
import type { Act, Done } from './port.ts';
import { type SigningKey, signedHeaders } from './signature.ts';
import type { ActionsStore, CommandRow } from './store-sqlite.ts';

/** A client waits for this at most; what comes later is found by asking again. */
const ANSWER_MS = 10_000;
const ANSWER_BYTES_MAX = 64 << 10;
/** Between attempts, doubled each time. */
const RETRY_MS = 1_000;
const RETRY_MAX_MS = 5 * 60_000;
/** After a day without an answer nobody waits for the act any more; the operator's log says that it was given up. */
const GIVE_UP_MS = 86_400_000;
/** An outcome that nobody has heard waits so long for the client to ask again. */
const HEARD_MS = 15 * 60_000;
/** Of unconfirmed commands; more, and the backend is down for good. */
const PENDING_MAX = 10_000;
/** So many are tried at once in the background. */
const AT_ONCE = 8;

export type BackendOptions = {
  store: ActionsStore;
  outbound: Pick<Outbound, 'send'>;
  clock: Clock;
  backend(): { url: string; keyId: string; key: SigningKey };
  /** Writes here what the backend has confirmed. */
  apply(personId: string, act: Act, reading: ConfirmationReading & { kind: 'confirmed' }): Promise<Done>;
  isTaken(personId: string, postId: string): boolean;
  log(message: string, cause?: unknown): void;
  /** How long the backend has for an answer; 10 s unless said. */
  answerMs?: number;
};

type Settled = { done: Done } | { problem: { code: ProblemCode; fields: Record<string, unknown> } };
/** `not-sent`: it is certain that the backend has not seen it. */
type Outcome = Settled | 'unknown' | 'not-sent';

export type Backend = {
  act(personId: string, act: Act, by: { app?: string; media: readonly PostMedia[] }): Promise<Done>;
  /** Tries what is due again. Never throws. */
  retry(): Promise<void>;
  /** Gives up waiting for answers: what was sent is repeated after the next start. */
  stop(): Promise<void>;
};

/**
 * Hands acts to the platform's backend as signed commands, each under an id that stays, kept on disk until the backend has
 * said what became of it. While that is not known the same act joins its command, and another act on the same thing waits.
 */
export function createBackend(options: BackendOptions): Backend {
  const { store, outbound, clock, log } = options;
  const underWay = new Map<string, Promise<Outcome>>();
  const closing = new AbortController();

  async function act(
    personId: string,
    what: Act,
    by: { app?: string; media: readonly PostMedia[] },
  ): Promise<Done> {
    store.expire(clock.now() - HEARD_MS);
    const digest = digestOf(personId, what, by.app);
    const known = store.commandsOf(personId);
    const same = known.find((row) => row.digest === digest);
    if (same) return heard(same, same.outcome === null ? await attempt(same) : read(same.outcome));
    const subject = subjectOf(what);
    if (subject !== '' && known.some((row) => row.outcome === null && row.subject === subject))
      throw unavailable(
        'An earlier change of the same thing is not confirmed yet. Send this one when it is.',
      );
    if (store.pendingCommands() >= PENDING_MAX) throw new Problem('overloaded', {}, retryAfter());
    const at = clock.now();
    const id = randomUUID();
    const media = by.media.length > 0 ? { media: by.media } : {};
    const app = by.app === undefined ? {} : { app: by.app };
    const command: BackendCommand = {
      id,
      actor: personId,
      act: what,
      at: new Date(at).toISOString(),
      ...app,
      ...media,
    };
    const row = { id, personId, subject, digest, body: JSON.stringify(command), at, due: at + RETRY_MS };
    store.addCommand(row);
    return heard(row, await attempt({ ...row, attempts: 0, outcome: null }));
  }

  /** The client hears the outcome, and with that the command is over. */
  function heard({ id }: { id: string }, outcome: Outcome): Done {
    if (outcome === 'unknown') throw unavailable();
    store.forget(id);
    if (outcome === 'not-sent')
      throw unavailable(
        'The network behind this API cannot be reached, and nothing was done. Send it again later.',
      );
    if ('done' in outcome) return outcome.done;
    throw new Problem(outcome.problem.code, outcome.problem.fields);
  }

  /** Two who wait for one command wait for one attempt. */
  function attempt(row: CommandRow): Promise<Outcome> {
    const running = underWay.get(row.id);
    if (running) return running;
    const started = once(row).finally(() => underWay.delete(row.id));
    underWay.set(row.id, started);
    return started;
  }

  async function once(row: CommandRow): Promise<Outcome> {
    const reading = await ask(row);
    if (reading === 'not-sent' && row.attempts === 0) return 'not-sent';
    if (reading === 'not-sent' || reading.kind === 'unknown') {
      const why = reading === 'not-sent' ? 'cannot be reached' : reading.why;
      return later(row, `the network's backend ${why}`);
    }
    const outcome: Settled =
      reading.kind === 'refused'
        ? { problem: { code: reading.problem.code, fields: reading.problem.fields } }
        : { done: await options.apply(row.personId, (JSON.parse(row.body) as BackendCommand).act, reading) };
    store.settle(row.id, JSON.stringify(outcome), clock.now());
    return outcome;
  }

  async function ask(row: CommandRow): Promise<ConfirmationReading | 'not-sent'> {
    const { url, keyId, key } = options.backend();
    const body = Buffer.from(row.body);
    const headers = { 'content-type': 'application/json', 'idempotency-key': `"${row.id}"` };
    const signed = signedHeaders(
      { method: 'POST', url, body, headers },
      { ...key, keyId },
      Math.floor(clock.now() / 1_000),
    );
    const send = {
      url,
      method: 'POST',
      headers: signed,
      body,
      timeoutMs: options.answerMs ?? ANSWER_MS,
      answerBytesMax: ANSWER_BYTES_MAX,
    };
    try {
      const { status, body: answer } = await outbound.send({ ...send, signal: closing.signal });
      const command = JSON.parse(row.body) as BackendCommand;
      return readAnswer(command, status, answer, (postId) => options.isTaken(row.personId, postId));
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      if (!error.mayHaveArrived) {
        if (error.because === 'refused') log(`the network's backend is not called: ${error.message}`);
        return 'not-sent';
      }
      return { kind: 'unknown', why: `gave no answer: ${error.message}` };
    }
  }

  function later(row: CommandRow, why: string): 'unknown' {
    const now = clock.now();
    if (now - row.at >= GIVE_UP_MS) {
      log(`gave up on the command ${row.id} after a day: ${why}`);
      store.forget(row.id);
      return 'unknown';
    }
    if (row.attempts === 0) log(`the command ${row.id} is not confirmed and will be repeated: ${why}`);
    store.tryLater(row.id, now + Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** row.attempts));
    return 'unknown';
  }

  return {
    act,
    async retry() {
      try {
        store.expire(clock.now() - HEARD_MS);
        const due = store.dueCommands(clock.now(), AT_ONCE).filter(({ id }) => !underWay.has(id));
        const ended = await Promise.allSettled(due.map(attempt));
        for (const one of ended) if (one.status === 'rejected') throw one.reason;
      } catch (cause) {
        if (!closing.signal.aborted) log('commands to the backend could not be repeated', cause);
      }
    },
    async stop() {
      closing.abort();
      await Promise.allSettled(underWay.values());
    },
  };
}

function read(outcome: string): Settled {
  return JSON.parse(outcome) as Settled;
}

/** What a refused client is told to wait. */
const RETRY_AFTER_SECONDS = 5;

function retryAfter() {
  return { headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } };
}

function unavailable(detail?: string): Problem {
  return new Problem('network-unavailable', detail === undefined ? {} : { detail }, retryAfter());
}
