import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { bodyHashCheck, checkBodyHash } from '#identity';
import { Problem, parseJson } from '#kernel';
import { BODY_LIMITS, type Operation, type OperationContext } from '../operation.ts';
import {
  type CallerRefusal,
  type Callers,
  identify,
  type RequestCaller,
  refuseUnknown,
  remoteOf,
} from './caller.ts';
import type { BudgetHolder, RefusalBudget } from './refusal-budget.ts';
import { rawQueryOf } from './request.ts';
import { bringsBody, type Flow, type RequestBodies, type Taken } from './request-body.ts';

const NO_BODY = new Uint8Array();
/** Of a form that is signed: read before anybody is known. A segment of 5 MiB in base64 fits. */
const SIGNED_FORM_BYTES_MAX = 8 << 20;

/** What is known of the body of a call under way. */
export type CallBody = {
  request: FastifyRequest;
  /** Whose budget it counts against when the call is refused; undefined for a call whose body was not asked for. */
  sender?: BudgetHolder;
  body?: Taken;
  /** The body of an operation that takes it as it comes. */
  flow?: Flow;
};

type Parts = {
  callers: Callers;
  intake: RequestBodies;
  /** Of bodies that are read before anybody is known: so that strangers hold up nobody but strangers. */
  strangers: RequestBodies;
  refusals: RefusalBudget;
};

/** Reads the bodies of an operation: none of a sender whose budget of refusals is used up, and none beyond the operation's limits. */
export function bodyReader(operation: Operation, { callers, intake, strangers, refusals }: Parts) {
  const { raw, body: schema, bodyLimits = BODY_LIMITS } = operation;
  const bytesMax = raw?.bytesMax ?? bodyLimits.bytesMax;
  const takesBody = schema !== undefined || raw !== undefined;

  /** From here on the body is this sender's. @returns the refusal of a sender whose budget is used up. */
  function enter(call: CallBody, sender: BudgetHolder, now: number): CallerRefusal | undefined {
    if (!takesBody || !bringsBody(call.request.headers)) return undefined;
    const refused = refusals.refusal(sender, now);
    if (!refused) call.sender = sender;
    return refused;
  }

  return {
    enter,

    /**
     * Who signed a form. It is read only for an app and a token that exist, and a refusal of it counts against the address
     * that names them: so strangers do not use up an app's own budget.
     */
    async identifyByForm(call: CallBody, now: number): Promise<RequestCaller | CallerRefusal> {
      const { request } = call;
      const appId = callers.tokens.claims(request.headers.authorization ?? '', now);
      if (appId === undefined) return refuseUnknown(callers, request, now);
      const address = remoteOf(request);
      const refused = enter(call, { kind: 'address', key: `${address} ${appId}` }, now);
      if (refused) return refused;
      const most = takesBody ? Math.min(bytesMax, SIGNED_FORM_BYTES_MAX) : bodyLimits.bytesMax;
      call.body = await strangers.read(request, address, most).catch((error: unknown) => {
        throw most < bytesMax && error instanceof Problem && error.code === 'body-too-large'
          ? formTooLarge()
          : error;
      });
      return identify(callers, request, now, Buffer.from(call.body.bytes).toString('utf8'));
    },

    /** Undefined for an operation whose body is read once it is admitted. */
    async begin(
      call: CallBody,
      { caller: { appId }, grant }: RequestCaller,
    ): Promise<{ id: string; body: unknown } | undefined> {
      const { request } = call;
      if (!raw?.begin || request.headers['parley-dry-run'] === '1') return undefined;
      const check = grant?.bodyHash && bodyHashCheck(grant.bodyHash);
      call.flow = intake.flow(request, appId, bytesMax, { taken: call.body, check });
      return raw.begin(call.flow, rawQueryOf(request.raw.url ?? ''));
    },

    /** Reads what the operation takes, unless it was begun; and any body that the signature says a hash of. */
    async add(call: CallBody, context: OperationContext<unknown>): Promise<void> {
      const bodyHash = context.grant?.bodyHash;
      if (raw?.begin || !(takesBody || bodyHash)) return;
      const { request } = call;
      call.body ??= await intake.read(request, context.admission.caller.appId, bytesMax);
      const { bytes } = call.body;
      if (bodyHash) checkBodyHash(bodyHash, bytes);
      if (!takesBody) return;
      if (raw) context.raw = { bytes, contentType: request.headers['content-type'] ?? '' };
      else context.body = bytes.length === 0 ? undefined : parseJson(bytes, bodyLimits);
    },

    /** SHA-256 of what was sent: bodies come as bytes, so that what is recorded is the digest of what came. */
    digest({ flow, body }: CallBody): Uint8Array {
      if (flow) return flow.digest();
      return body && body.bytes.length > 0 ? createHash('sha256').update(body.bytes).digest() : NO_BODY;
    },

    /** The call was refused: what its body cost counts. */
    countRefused({ sender, flow, body }: CallBody, now: number): void {
      if (!sender) return;
      const { bytes, heldBytes } = flow?.received() ?? { bytes: 0, heldBytes: body?.bytes.length ?? 0 };
      refusals.count(sender, { heldBytes, streamedBytes: Math.max(0, bytes - heldBytes) }, now);
    },

    /** Frees what the body held. */
    done({ flow, body }: CallBody): void {
      flow?.done();
      body?.done();
    },
  };
}

/** Where the same would be taken in another form. */
function formTooLarge(): Problem {
  return new Problem('body-too-large', {
    detail: `A form that is signed has at most ${SIGNED_FORM_BYTES_MAX} bytes. Send the file as multipart/form-data, or in segments.`,
  });
}
