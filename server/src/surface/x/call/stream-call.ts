import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '#kernel';
import type { DisconnectReason, Sink } from '#streams';
import { isDenial } from '#terms';
import type { Opens, OperationContext, OperationDeps } from '../operation.ts';
import { remoteOf } from './caller.ts';
import { inDialect } from './dialect.ts';
import type { Meter } from './meter.ts';
import { costHeaders, denialProblem, rateHeaders, sendProblem, streamHeaders } from './reply.ts';

/** Lines end so: clients split at it, and a line of nothing else is a keep-alive. */
export const LINE_END = '\r\n';
/** How long a reader that was told that its stream ends may take to read that. */
const FAREWELL_MS = 5_000;
const NO_BODY = new Uint8Array();

/**
 * Opens a stream: takes a place, records the call (its entry is what the batches name), then writes the head and hands
 * the socket to the streams' module. Refusals are ordinary replies, and take nothing from the window.
 */
export async function openStream(
  request: FastifyRequest,
  reply: FastifyReply,
  { admission, audience, dialect }: OperationContext<unknown>,
  prepare: () => Opens,
  world: Pick<OperationDeps, 'streams' | 'clock'>,
  meter: Pick<Meter, 'terms' | 'peers'>,
): Promise<void> {
  const refuse = (problem: Problem) =>
    sendProblem(reply, problem, { rate: meter.terms.giveBack(admission), dialect });
  let claim: Exclude<ReturnType<OperationDeps['streams']['claim']>, Problem> | undefined;
  let isRecorded = false;
  try {
    const opens = prepare();
    const claimed = world.streams.claim(admission, opens);
    if (claimed instanceof Problem) return refuse(claimed);
    claim = claimed;
    const target = request.raw.url ?? '';
    const charge = meter.terms.charge(admission, [], {
      time: world.clock.now(),
      status: 200,
      request: { method: request.method, target, bodyDigest: NO_BODY },
    });
    if (isDenial(charge)) return refuse(denialProblem(charge));
    isRecorded = true;
    await charge.entry?.committed;
    reply.hijack();
    const { raw } = reply;
    if (raw.destroyed) return;
    raw.writeHead(200, [
      ...streamHeaders(request.id),
      ...rateHeaders(admission.rate),
      ...costHeaders(charge, admission.caller.log),
    ]);
    raw.flushHeaders();
    const connection = claim.open({
      ...opens,
      admission,
      audience,
      opened: { index: charge.entry!.index, method: request.method, target },
      remote: remoteOf(request),
      sink: sinkOf(reply),
      farewell: (why) => inDialect(farewell(why), dialect),
    });
    raw.on('close', connection.gone);
    meter.peers.watch(request.raw.socket);
  } catch (error) {
    if (!isRecorded) Object.assign(admission.rate, meter.terms.giveBack(admission));
    throw error;
  } finally {
    claim?.release();
  }
}

function sinkOf({ raw }: FastifyReply): Sink {
  return {
    write: (text) => void raw.write(text),
    waiting: () => raw.writableLength,
    end(text) {
      if (text === '') raw.end();
      else raw.end(text);
      setTimeout(() => raw.destroy(), FAREWELL_MS).unref();
    },
  };
}

/** X's form of an error inside a stream. */
function farewell(why: DisconnectReason): string {
  const error =
    why.because === 'refused'
      ? why.problem.body()
      : {
          title: 'operational-disconnect',
          disconnect_type: 'OperationalDisconnect',
          detail: why.detail,
          type: 'https://api.twitter.com/2/problems/operational-disconnect',
        };
  return `${JSON.stringify({ errors: [error] })}${LINE_END}`;
}
