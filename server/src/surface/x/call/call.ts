import type { FastifyReply, FastifyRequest } from 'fastify';
import { noteApp, Problem } from '#kernel';
import { type Admission, type Charge, type Dialect, type Hold, isDenial } from '#terms';
import {
  audienceOf,
  type Operation,
  type OperationContext,
  type OperationDeps,
  type ReadResult,
} from '../operation.ts';
import { invalid, invalidRequest } from '../params/invalid.ts';
import { bodyReader, type CallBody } from './call-body.ts';
import {
  type CallerRefusal,
  foreignKind,
  identify,
  isFormSigned,
  isRefused,
  type RequestCaller,
  refuseKind,
  refuseUnknown,
} from './caller.ts';
import { decideDialect, inDialect } from './dialect.ts';
import type { Meter } from './meter.ts';
import {
  type AccessLevel,
  costHeaders,
  denialProblem,
  money,
  rateHeaders,
  send,
  sendProblem,
} from './reply.ts';
import { type PathValues, rawQueryOf, requestReader } from './request.ts';
import { openStream } from './stream-call.ts';

const NO_PATH: PathValues = {};

/** One call under way: what is known of it so far, for the reply and for what ends with it. */
type Call = CallBody & {
  reply: FastifyReply;
  appId?: string;
  dialect?: Dialect;
  rate?: Admission['rate'];
  level?: AccessLevel;
  who?: RequestCaller;
  /** The status that it was refused with. */
  refused?: number;
};

/**
 * The metered call, the same for every operation: identify → admit → read parameters → find, gather, rules →
 * charge → present → wait until the entry is on disk → reply. Nothing is answered that was not recorded, and a
 * request that is refused before the charge is not recorded. An operation that writes acts in place of finding, with
 * its price kept back before: what was done is charged, whoever hung up meanwhile.
 */
export function meteredCall(operation: Operation, deps: OperationDeps, meter: Meter) {
  const readRequest = requestReader(operation);
  const inPath = Object.values(operation.parameters).flatMap((one) => (one.in === 'path' ? [one.name] : []));
  const bodies = bodyReader(operation, meter);

  return async function handle(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const call: Call = { request, reply };
    try {
      const now = deps.clock.now();
      const who = isFormSigned(request)
        ? await bodies.identifyByForm(call, now)
        : identify(meter.callers, request, now);
      if (!isRefused(who)) {
        call.appId = who.caller.appId;
        noteApp(reply, call.appId);
      }
      const refused = isRefused(who) ? named(who, request) : refuseKind(meter.callers, who, operation, now);
      if (refused || isRefused(who)) return refuse(call, refused ?? (who as CallerRefusal));
      call.level = who.level;
      call.who = who;
      const overdrawn = bodies.enter(call, { kind: 'app', key: who.caller.appId }, now);
      if (overdrawn) return refuse(call, overdrawn);
      const personId = who.grant?.personId;
      const begun = operation.raw?.begin ? await bodies.begin(call, who) : undefined;
      const id = begun?.id ?? operation.id;
      const admission = meter.terms.admit(who.caller, id, admitOptions(request, now, personId));
      if (isDenial(admission))
        return refuse(call, { problem: denialProblem(admission), rate: admission.rate });
      call.rate = admission.rate;
      refuseUnclearDryRun(request);
      const path = inPath.length === 0 ? NO_PATH : (request.params as PathValues);
      const subject = path[inPath[0] ?? ''] ?? '';
      const query = readRequest(rawQueryOf(request.raw.url ?? ''), path, (said) => decide(call, said));
      if (operation.own && personId !== undefined) refuseOthers(inPath[0]!, subject, personId);
      const audience = audienceOf(admission, personId);
      const context: OperationContext<unknown> = {
        query,
        subject,
        path,
        admission,
        audience,
        dialect: call.dialect ?? 'classic',
        now,
        base: () => meter.baseOf(request),
      };
      if (who.grant) {
        context.viewer = personId;
        context.grant = who.grant;
      }
      if (begun) context.body = begun.body;
      else await bodies.add(call, context);
      const saidInBody = operation.saidInBody?.(context.body);
      if (saidInBody) context.dialect = decide(call, saidInBody);
      if (operation.opens && !admission.dryRun) {
        const { opens } = operation;
        return await openStream(request, reply, context, () => opens(context, deps), deps, meter);
      }
      if (operation.writes) return await act(call, context);
      const reading = operation.read(context, deps);
      const found = reading instanceof Promise ? await reading : reading;
      // Clients that disconnected meanwhile are not charged for an answer that nobody gets.
      if (reply.raw.destroyed) return void reply.hijack();
      await answer(call, admission, found);
    } catch (error) {
      const problem = toProblem(error, meter.log, operation.id);
      refuse(call, { problem, rate: call.rate ?? rateOf(call) });
    } finally {
      if (isRefusal(call.refused)) bodies.countRefused(call, deps.clock.now());
      bodies.done(call);
    }
  };

  function decide(call: Call, said?: Dialect): Dialect {
    const { headers } = call.request;
    const shown = { headers, said, keepsClassicWords: operation.keepsClassicWords };
    call.dialect = decideDialect(meter.terms, call.appId, shown);
    return call.dialect;
  }

  function refuse(call: Call, { problem, rate, level = call.level }: CallerRefusal): void {
    call.refused = problem.status;
    sendProblem(call.reply, problem, { rate, level, dialect: call.dialect ?? decide(call) });
  }

  function named(refused: CallerRefusal, request: FastifyRequest): CallerRefusal {
    const foreign = refused.problem.code === 'unauthorized' ? foreignKind(request, operation) : undefined;
    return foreign ? { ...refused, problem: foreign } : refused;
  }

  /** For what went wrong before the call was admitted; without a key it counts against the address. */
  function rateOf({ who, request }: Call): Admission['rate'] | undefined {
    const now = deps.clock.now();
    if (!who) return refuseUnknown(meter.callers, request, now).rate;
    return meter.callers.terms.rateOf(who.caller, operation.id, { now, personId: who.grant?.personId });
  }

  async function act(call: Call, context: OperationContext<unknown>): Promise<void> {
    const { admission } = context;
    const checking = operation.check?.(context, deps);
    if (checking instanceof Promise) await checking;
    if (admission.dryRun) return answer(call, admission, { groups: [], present: () => '' });
    const hold = meter.terms.hold(admission, deps.clock.now());
    if (isDenial(hold)) {
      return refuse(call, { problem: denialProblem(hold), rate: hold.rate ?? admission.rate });
    }
    try {
      await answer(call, admission, await operation.read(context, deps), hold);
    } finally {
      hold.release();
    }
  }

  async function answer(call: Call, admission: Admission, found: ReadResult, hold?: Hold): Promise<void> {
    const { request, reply, level, dialect = 'classic' } = call;
    const charge = meter.terms.charge(admission, found.groups, {
      time: deps.clock.now(),
      status: found.status ?? 200,
      request: {
        method: request.method,
        target: request.raw.url ?? '',
        bodyDigest: bodies.digest(call),
      },
      hold,
    });
    if (isDenial(charge)) {
      if (hold)
        meter.log(
          `${operation.id}: done, and its key or agreement ended before it could be charged`,
          undefined,
        );
      return refuse(call, { problem: denialProblem(charge), rate: charge.rate ?? admission.rate });
    }
    const headers = [...rateHeaders(admission.rate), ...costHeaders(charge, admission.caller.log)];
    if (admission.dryRun) return send(reply, 200, dryRunBody(admission, charge, found), headers, level);
    // Written while the disk works; a failed sync throws it away.
    const presenting = found.present(charge);
    const committed = charge.entry?.committed;
    if (typeof presenting === 'string') {
      await committed;
      send(reply, found.status ?? 200, inDialect(presenting, dialect), headers, level);
    } else {
      const [text] = await Promise.all([presenting, committed]);
      send(reply, found.status ?? 200, inDialect(text, dialect), headers, level);
    }
  }
}

/** What the server itself could not do is not held against who asked. */
function isRefusal(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500;
}

function admitOptions({ headers }: FastifyRequest, now: number, personId: string | undefined) {
  return {
    now,
    purpose: single(headers['parley-purpose']),
    recipient: single(headers['parley-recipient']),
    dryRun: headers['parley-dry-run'] === '1',
    personId,
  };
}

/** Whoever writes `true` means no charge: a value that is neither 1 nor 0 is refused, never billed. */
function refuseUnclearDryRun({ headers }: FastifyRequest): void {
  const value = headers['parley-dry-run'];
  if (value === undefined || value === '1' || value === '0') return;
  const message = `The \`parley-dry-run\` header value [${value}] is not one of [0,1]`;
  throw invalidRequest([invalid('parley-dry-run', [String(value)], message)]);
}

/** An operation that is a person's `own` takes no other person's id. */
function refuseOthers(name: string, subject: string, personId: string): void {
  if (subject === personId) return;
  const message = `The \`${name}\` query parameter value [${subject}] must be the same as the authenticating user [${personId}]`;
  throw invalidRequest([invalid(name, [subject], message)]);
}

function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The cost alone: nothing of what was found is in it. */
function dryRunBody({ operation, purpose }: Admission, charge: Charge, { groups }: ReadResult): string {
  return JSON.stringify({
    dry_run: {
      operation,
      purpose,
      posts_delivered: charge.postsDelivered,
      posts_billed: charge.postsBilled,
      persons_delivered: charge.personsDelivered,
      persons_billed: charge.personsBilled,
      cost: money(charge.priceMicros),
      cost_micros: charge.priceMicros,
      remaining: charge.remaining ?? undefined,
      cut: charge.kept < groups.length,
    },
  });
}

/** Everything that is no Problem is our own mistake: logged, and answered without its text. */
export function toProblem(error: unknown, log: Meter['log'], where: string): Problem {
  if (error instanceof Problem) {
    if (error.isLogged) log(`${where}: ${error.message}`, error.cause ?? error);
    return error;
  }
  log(`${where}: unexpected error`, error);
  return new Problem('internal', {}, { cause: error });
}
