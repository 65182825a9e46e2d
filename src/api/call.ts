import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '#kernel';
import { type Admission, type Charge, isDenial, type RateState, type Terms } from '#terms';
import { callerOf } from './caller.ts';
import { invalid, invalidRequest } from './invalid.ts';
import { type Asked, audienceOf, type Found, type Operation, type World } from './operation.ts';
import { costHeaders, denialProblem, money, rateHeaders, send, sendProblem } from './reply.ts';
import { rawQueryOf, requestReader } from './request.ts';
import { openStream } from './stream-call.ts';

const NO_BODY = new Uint8Array();

/** What a metered call needs beside what it reads from. */
export type Meter = {
  terms: Pick<Terms, 'authenticate' | 'admit' | 'charge'>;
  /** Receives what went wrong here; never headers, bodies or secrets. */
  log(message: string, cause: unknown): void;
};

/**
 * The metered call, the same for every operation: authenticate → admit → read parameters → find, gather, rules →
 * charge → present → wait until the entry is on disk → reply. Nothing is answered that was not recorded, and a
 * request that is refused before the charge is not recorded.
 */
export function meteredCall(operation: Operation, world: World, meter: Meter) {
  const readRequest = requestReader(operation);
  const subjectName = Object.values(operation.parameters).find((one) => one.in === 'path')?.name;

  return async function handle(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    let rate: RateState | undefined;
    try {
      const now = world.clock.now();
      const caller = callerOf(meter.terms, request, operation.auth, now);
      if ('problem' in caller) return sendProblem(reply, caller.problem, caller.rate);
      const admission = meter.terms.admit(caller, operation.id, admitOptions(request, now));
      if (isDenial(admission)) return sendProblem(reply, denialProblem(admission), admission.rate);
      rate = admission.rate;
      refuseUnclearDryRun(request);

      const target = request.raw.url ?? '';
      const subject = subjectName ? ((request.params as Record<string, string>)[subjectName] ?? '') : '';
      const query = readRequest(rawQueryOf(target), subject);
      const asked: Asked<unknown> = { query, subject, admission, audience: audienceOf(admission), now };
      if (operation.body !== undefined) asked.body = jsonOf(request);
      if (operation.opens && !admission.dryRun) {
        return await openStream(request, reply, asked, operation.opens(asked, world), world, meter);
      }
      const reading = operation.read(asked, world);
      const found = reading instanceof Promise ? await reading : reading;
      // Who hung up meanwhile is not charged for an answer that nobody gets.
      if (reply.raw.destroyed) return void reply.hijack();
      await answer(request, reply, admission, found);
    } catch (error) {
      sendProblem(reply, toProblem(error, meter.log, operation.id), rate);
    }
  };

  async function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    admission: Admission,
    found: Found,
  ): Promise<void> {
    const charge = meter.terms.charge(admission, found.groups, {
      time: world.clock.now(),
      status: found.status ?? 200,
      request: { method: request.method, target: request.raw.url ?? '', bodyDigest: digestOf(request) },
    });
    if (isDenial(charge)) return sendProblem(reply, denialProblem(charge), charge.rate ?? admission.rate);
    const headers = [...rateHeaders(admission.rate), ...costHeaders(charge, admission.caller.log)];
    if (admission.dryRun) return send(reply, 200, dryRunBody(admission, charge, found), headers);
    // Written while the disk works; a failed sync throws it away.
    const presenting = found.present(charge);
    const committed = charge.entry?.committed;
    if (typeof presenting === 'string') {
      await committed;
      send(reply, found.status ?? 200, presenting, headers);
    } else {
      const [text] = await Promise.all([presenting, committed]);
      send(reply, found.status ?? 200, text, headers);
    }
  }
}

function admitOptions({ headers }: FastifyRequest, now: number) {
  return {
    now,
    purpose: single(headers['parley-purpose']),
    recipient: single(headers['parley-recipient']),
    dryRun: headers['parley-dry-run'] === '1',
  };
}

/** Whoever writes `true` means no charge: a value that is neither 1 nor 0 is refused, never billed. */
function refuseUnclearDryRun({ headers }: FastifyRequest): void {
  const value = headers['parley-dry-run'];
  if (value === undefined || value === '1' || value === '0') return;
  const message = `The \`parley-dry-run\` header value [${value}] is not one of [0,1]`;
  throw invalidRequest([invalid('parley-dry-run', [String(value)], message)]);
}

/** Bodies come as bytes, so that what is recorded is the digest of what was sent. */
function digestOf({ body }: FastifyRequest): Uint8Array {
  return body instanceof Uint8Array && body.length > 0 ? createHash('sha256').update(body).digest() : NO_BODY;
}

function jsonOf({ body }: FastifyRequest): unknown {
  if (!(body instanceof Uint8Array) || body.length === 0) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new Problem('body-invalid', { detail: 'The body is not JSON in UTF-8.' });
  }
}

function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The cost alone: nothing of what was found is in it. */
function dryRunBody({ operation, purpose }: Admission, charge: Charge, { groups }: Found): string {
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
