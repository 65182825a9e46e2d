import { type Clock, type Outbound, Problem, type Vault } from '#kernel';
import { OutboundError } from '#kernel/outbound';
import { generateKey, publicKeyOf, readKey, type SigningKey } from './signature.ts';
import type { ActionsStore, BackendRow } from './store-sqlite.ts';

/** As shown to the operator: a secret never is. */
export type NetworkSettings = {
  mode: 'own' | 'backend';
  backend: {
    url: string;
    keyId: string;
    algorithm: SigningKey['algorithm'];
    /** PEM; null for a shared secret. */
    publicKey: string | null;
  } | null;
  /** Commands that the backend has not confirmed yet. */
  pending: number;
};

export type NetworkSettingsStore = {
  mode(): 'own' | 'backend';
  show(): NetworkSettings;
  /**
   * Hands acts to a backend from now on. @param given the bytes of a key file; a new ed25519 key without it.
   * @throws Problem `body-invalid` for an address that may not be called, or what is no key.
   */
  setBackend(url: string, given?: { key?: Uint8Array; keyId?: string }): NetworkSettings;
  /** This is the network from now on. @throws Problem `conflict` while commands wait for the backend. */
  setOwn(): NetworkSettings;
  use(): { url: string; keyId: string; key: SigningKey };
};

const SEALED_AS = "key of the network's backend";
const KEY_ID = /^[\w.:@/-]{1,100}$/;

export function createSettings(room: {
  store: ActionsStore;
  vault: Vault;
  clock: Clock;
  outbound: Pick<Outbound, 'check'>;
}): NetworkSettingsStore {
  const { store, vault, clock, outbound } = room;
  let row = store.backend();

  const open = ({ algorithm, sealed }: BackendRow): SigningKey => ({
    algorithm,
    secret: vault.open(SEALED_AS, sealed),
  });

  function show(): NetworkSettings {
    const pending = store.pendingCommands();
    if (!row) return { mode: 'own', backend: null, pending };
    const publicKey = publicKeyOf(open(row)) ?? null;
    const { url, keyId, algorithm } = row;
    return { mode: 'backend', backend: { url, keyId, algorithm, publicKey }, pending };
  }

  function put(next: BackendRow | undefined): NetworkSettings {
    store.setBackend(next);
    row = next;
    return show();
  }

  return {
    mode: () => (row ? 'backend' : 'own'),
    show,
    setBackend(
      url,
      { key: bytes, keyId = `parley-${new Date(clock.now()).toISOString().slice(0, 10)}` } = {},
    ) {
      try {
        outbound.check(url);
      } catch (error) {
        if (!(error instanceof OutboundError)) throw error;
        throw new Problem('body-invalid', {
          detail: `The backend cannot be called: ${error.message}. One within your own network is called where the server was started with its range: --allow-outbound (or PARLEY_ALLOW_OUTBOUND).`,
        });
      }
      if (!KEY_ID.test(keyId))
        throw new Problem('body-invalid', {
          detail: 'A key id has 1 to 100 letters, digits and . : @ / - _',
        });
      const { algorithm, secret } = bytes ? readKey(bytes) : generateKey();
      const target = new URL(url);
      // It is signed as it is sent, and a fragment is not.
      target.hash = '';
      return put({ url: target.href, keyId, algorithm, sealed: vault.seal(SEALED_AS, secret) });
    },
    setOwn() {
      const pending = store.pendingCommands();
      if (pending > 0)
        throw new Problem('conflict', { detail: `${pending} changes wait for the backend to confirm them.` });
      return put(undefined);
    },
    use() {
      if (!row) throw new Problem('network-unavailable');
      return { url: row.url, keyId: row.keyId, key: open(row) };
    },
  };
}
