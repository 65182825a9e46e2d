import type { ControlEvent } from '#ledger';
import { agreementBytes, type Version } from './agreement.ts';
import { canonicalJson } from './canonical-json.ts';
import type { StoredKey } from './key.ts';
import type { Agreement } from './port.ts';
import type { NewControl } from './store.ts';

/** The control entries of terms. Their bodies are canonical JSON, defined in the reference docs. */
type Where = { time: number; log: string };

function control(
  { time, log }: Where,
  event: ControlEvent,
  agreement: Agreement,
  body: Uint8Array,
): NewControl {
  return { time, log, event, agreement: agreement.hash, body };
}

function json(body: object): Uint8Array {
  return Buffer.from(canonicalJson(body));
}

/** The agreement itself: with it, an auditor recomputes every price from the log alone. */
export function accepted(log: string, { agreement, acceptedAt }: Version): NewControl {
  return control({ time: acceptedAt, log }, 'agreement-accepted', agreement, agreementBytes(agreement));
}

/** The fingerprint of a 256-bit random secret gives nothing away, and lets its holder prove which key it is. */
export function enrolled(where: Where, key: StoredKey, agreement: Agreement): NewControl {
  const { keyId, appId, sandbox, secretHash } = key;
  return control(where, 'key-enrolled', agreement, json({ keyId, appId, sandbox, fingerprint: secretHash }));
}

/**
 * @param from Unix ms from which the key is refused, when a rotation overlaps. Not after `where.time`: the key is
 * refused from this entry on, whatever the clock says later.
 */
export function revoked(
  where: Where,
  { keyId, appId }: StoredKey,
  agreement: Agreement,
  from: number,
): NewControl {
  return control(where, 'key-revoked', agreement, json({ keyId, appId, from }));
}
