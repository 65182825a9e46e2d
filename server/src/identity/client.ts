import { Problem } from '#kernel';
import type { PersonDatabase } from './person-database.ts';
import { SCOPES, type Scope } from './person-port.ts';
import { newSecret, sameText, secretHash } from './secret.ts';

/** As X's portal names them. */
export const OAUTH1_ACCESS = ['read', 'read-write', 'read-write-dm'] as const;
const OAUTH1_ACCESS_DEFAULT = 'read-write';
export type OAuth1Access = (typeof OAUTH1_ACCESS)[number];

/** X's portal takes ten of each; longer addresses do not fit a request. */
const ADDRESSES_MAX = 10;
const ADDRESS_LENGTH_MAX = 2_000;

/** What an app may do to ask persons for their rights. */
export type OAuthClient = {
  appId: string;
  clientId: string;
  /** True for a program that can keep a secret: it proves itself with one. */
  confidential: boolean;
  /** What tokens of OAuth 1.0a may do; those of OAuth 2.0 have their scopes. */
  oauth1Access: OAuth1Access;
  redirects: readonly string[];
  callbacks: readonly string[];
};

export type OAuthClientInput = {
  redirects?: readonly string[];
  callbacks?: readonly string[];
  confidential?: boolean;
  oauth1Access?: string;
};

type Row = {
  app_id: string;
  client_id: string;
  secret_hash: string | null;
  confidential: number;
  oauth1_access: OAuth1Access;
  redirects: string;
  callbacks: string;
};

const READS = SCOPES.filter((scope) => scope.endsWith('.read') && scope !== 'dm.read');
const BY_ACCESS: Readonly<Record<OAuth1Access, readonly Scope[]>> = {
  read: READS,
  'read-write': SCOPES.filter(
    (scope) => !scope.startsWith('dm.') && scope !== 'offline.access' && scope !== 'users.email',
  ),
  'read-write-dm': SCOPES.filter((scope) => scope !== 'offline.access' && scope !== 'users.email'),
};

/** OAuth 1.0a knows three levels; this is what each is in scopes. */
export function scopesOfAccess(access: OAuth1Access): readonly Scope[] {
  return BY_ACCESS[access];
}

export type Clients = ReturnType<typeof createClients>;

/** Apps' OAuth settings. An app without any cannot ask anybody. */
export function createClients({ db, change }: PersonDatabase) {
  const byApp = db.prepare('SELECT * FROM clients WHERE app_id = ?');
  const byClient = db.prepare('SELECT * FROM clients WHERE client_id = ?');
  const put =
    db.prepare(`INSERT INTO clients (app_id, client_id, secret_hash, confidential, oauth1_access, redirects,
    callbacks, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (app_id) DO UPDATE SET
    secret_hash = excluded.secret_hash, confidential = excluded.confidential, oauth1_access = excluded.oauth1_access,
    redirects = excluded.redirects, callbacks = excluded.callbacks, changed_at = excluded.changed_at`);
  /** Compared with when there is no such client, so that this takes as long. */
  const nobody = secretHash(newSecret())!;

  return {
    byApp(appId: string): OAuthClient | undefined {
      const row = byApp.get(appId) as Row | undefined;
      return row && clientOf(row);
    },
    byClientId(clientId: string): OAuthClient | undefined {
      const row = byClient.get(clientId) as Row | undefined;
      return row && clientOf(row);
    },
    /** The client if this is its secret; a public client has none and is found by its id alone. */
    authenticate(clientId: string, secret: string | undefined): OAuthClient | undefined {
      const row = byClient.get(clientId) as Row | undefined;
      if (row && row.confidential === 0)
        return secret === undefined || secret === '' ? clientOf(row) : undefined;
      const matches = sameText(secretHash(secret ?? '') ?? '', row?.secret_hash ?? nobody);
      return row && matches ? clientOf(row) : undefined;
    },
    /**
     * Sets what is given and leaves the rest; a first time makes the client id. A confidential client gets a secret when it
     * has none or asks for another, shown once. @throws Problem `body-invalid` that names the address.
     */
    set(
      appId: string,
      input: OAuthClientInput & { newSecret?: boolean },
      now: number,
    ): OAuthClient & { clientSecret?: string } {
      return change(() => {
        const row = byApp.get(appId) as Row | undefined;
        const before = row && clientOf(row);
        const confidential = input.confidential ?? before?.confidential ?? false;
        const next: OAuthClient = {
          appId,
          clientId: before?.clientId ?? newSecret().replace(/^-/, '0'),
          confidential,
          oauth1Access: checkedAccess(input.oauth1Access ?? before?.oauth1Access ?? OAUTH1_ACCESS_DEFAULT),
          redirects: checked(input.redirects ?? before?.redirects ?? [], confidential),
          callbacks: checked(input.callbacks ?? before?.callbacks ?? [], false),
        };
        const hasSecret = confidential && row?.secret_hash != null && !input.newSecret;
        const clientSecret = confidential && !hasSecret ? newSecret() : undefined;
        const hash =
          clientSecret === undefined ? (confidential ? row!.secret_hash : null) : secretHash(clientSecret)!;
        put.run(
          appId,
          next.clientId,
          hash,
          confidential ? 1 : 0,
          next.oauth1Access,
          JSON.stringify(next.redirects),
          JSON.stringify(next.callbacks),
          now,
        );
        return clientSecret === undefined ? next : { ...next, clientSecret };
      });
    },
  };
}

function clientOf(row: Row): OAuthClient {
  return {
    appId: row.app_id,
    clientId: row.client_id,
    confidential: row.confidential === 1,
    oauth1Access: row.oauth1_access,
    redirects: JSON.parse(row.redirects),
    callbacks: JSON.parse(row.callbacks),
  };
}

function checkedAccess(access: string): OAuth1Access {
  const found = OAUTH1_ACCESS.find((one) => one === access);
  if (!found) throw refused(`An app's access is one of ${OAUTH1_ACCESS.join(', ')}.`);
  return found;
}

function checked(addresses: readonly string[], confidential: boolean): readonly string[] {
  if (addresses.length > ADDRESSES_MAX)
    throw refused(`An app has at most ${ADDRESSES_MAX} addresses of a kind.`);
  for (const address of addresses) {
    const wrong = wrongWith(address, confidential);
    if (wrong) throw refused(`${address.slice(0, 200)} cannot be an address to come back to: ${wrong}.`);
  }
  return [...new Set(addresses)];
}

/** Why an address cannot be come back to (RFC 6749, 3.1.2; RFC 8252, 7; RFC 9700, 4.1), or undefined. */
function wrongWith(address: string, confidential: boolean): string | undefined {
  if (address.length > ADDRESS_LENGTH_MAX) return `it has more than ${ADDRESS_LENGTH_MAX} characters`;
  // Whatever a browser would read differently from what is written and compared here.
  if (!/^[\x21-\x7e]+$/.test(address) || /[\\"<>^`{|}]/.test(address))
    return 'it has characters that no address has';
  if (address.includes('#')) return 'it has a fragment';
  if (!URL.canParse(address)) return 'it is no address';
  const { protocol, hostname, username, password } = new URL(address);
  if (username !== '' || password !== '') return 'it names a user';
  // It is named in a page's policy too, where these characters would begin something else.
  if (!/^[a-z0-9._:[\]-]*$/i.test(hostname)) return 'its host has characters that no host has';
  if (protocol === 'https:') return undefined;
  if (protocol === 'http:') return isLoopback(hostname) ? undefined : 'http is for loopback alone; use https';
  if (NEVER.has(protocol)) return 'a browser would run it';
  if (confidential) return 'a scheme of its own is for public clients';
  return undefined;
}

/** Schemes that a browser runs or opens by itself. */
const NEVER: ReadonlySet<string> = new Set(
  [
    'javascript',
    'data',
    'vbscript',
    'blob',
    'file',
    'filesystem',
    'about',
    'view-source',
    'ws',
    'wss',
    'ftp',
    'mailto',
    'tel',
    'intent',
  ].map((scheme) => `${scheme}:`),
);

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function refused(detail: string): Problem {
  return new Problem('body-invalid', { detail });
}
