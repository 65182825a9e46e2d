import type { Clock } from '#kernel';
import type { ControlEvent } from '#ledger';
import { agreementBytes } from './agreement.ts';
import { canonicalJson } from './canonical-json.ts';
import type { StoredKey } from './key.ts';
import type { Agreement } from './port.ts';
import type { NewControl } from './store.ts';

/** The control entries of terms. Their bodies are canonical JSON, defined in the reference docs. */
export type Controls = ReturnType<typeof createControls>;

export function createControls(clock: Clock) {
  function control(log: string, event: ControlEvent, agreement: Agreement, body: Uint8Array): NewControl {
    return { time: clock.now(), log, event, agreement: agreement.hash, body };
  }

  function json(body: object): Uint8Array {
    return Buffer.from(canonicalJson(body));
  }

  return {
    /** The agreement itself: with it, an auditor recomputes every price from the log alone. */
    accepted: (log: string, agreement: Agreement) =>
      control(log, 'agreement-accepted', agreement, agreementBytes(agreement)),

    /** The fingerprint of a 256-bit random secret gives nothing away, and lets its holder prove which key it is. */
    enrolled(log: string, key: StoredKey, agreement: Agreement) {
      const { keyId, appId, sandbox, secretHash } = key;
      return control(
        log,
        'key-enrolled',
        agreement,
        json({ keyId, appId, sandbox, fingerprint: secretHash }),
      );
    },

    /** @param from Unix ms from which the key is refused; later than now when a rotation overlaps. */
    revoked(log: string, { keyId, appId }: StoredKey, agreement: Agreement, from: number) {
      return control(log, 'key-revoked', agreement, json({ keyId, appId, from }));
    },
  };
}
