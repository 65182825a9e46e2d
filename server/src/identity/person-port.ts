import type { BodyHash } from './body-hash.ts';
import type { CredentialEnd } from './unauthorized.ts';

/** A token's rights, by X's names. */
export const SCOPES = [
  'tweet.read',
  'tweet.write',
  'tweet.moderate.write',
  'users.read',
  'users.email',
  'follows.read',
  'follows.write',
  'offline.access',
  'like.read',
  'like.write',
  'list.read',
  'list.write',
  'mute.read',
  'mute.write',
  'block.read',
  'block.write',
  'bookmark.read',
  'bookmark.write',
  'dm.read',
  'dm.write',
  'media.write',
] as const;
export type Scope = (typeof SCOPES)[number];

/** For whom, by which app and with which rights a request comes that carries a person's token. */
export type PersonGrant = {
  grantId: string;
  appId: string;
  personId: string;
  scopes: ReadonlySet<Scope>;
  via: 'oauth2' | 'oauth1';
  /** The app's key that signed, for OAuth 1.0a: a sandbox key stays one. */
  keyId?: string;
  /** What the signature says the body is; to be checked by whoever reads it. */
  bodyHash?: BodyHash;
};

/** What of a request a signature covers (RFC 5849, 3.4.1). `url` begins with `https://` and the Host header. */
export type SignedRequest = {
  method: string;
  url: string;
  authorization: string;
  /** The body, if it is a form. */
  form?: string;
  /** Another body, where it was read before the signature is looked at. */
  body?: Uint8Array;
};

/** Answers on the hot path, from memory or one look-up by a hash. */
export type PersonTokens = {
  /** By OAuth 2.0 bearer; undefined for what is no person's token in force. */
  byBearer(token: string, now: number): PersonGrant | undefined;
  /** Why a bearer that was given once works no more; undefined for what was never given, or is cleared away. */
  endOf(token: string, now: number): CredentialEnd | undefined;
  /** By OAuth 1.0a signature; undefined when anything about it is wrong: key, token, signature, nonce seen, time. */
  bySignature(request: SignedRequest, now: number): PersonGrant | undefined;
  /**
   * The app that an OAuth 1.0a header names, if its key is in force and its token exists and is of that app: what can be said
   * before a body is read that the signature covers. It proves nothing.
   */
  claims(authorization: string, now: number): string | undefined;
};

/** What access asks of the modules that it stands above. */
export type PersonWorld = {
  /** The key's app and secret, while the key is in force. */
  consumerOf(consumerKey: string, now: number): { appId: string; keyId: string; secret: string } | undefined;
  /** What a person is told of an app, whatever the state of its keys. */
  appOf(appId: string): { name: string; licensee: string } | undefined;
  /** True while one of the app's keys is in force. On the hot path. */
  isAppInForce(appId: string, now: number): boolean;
  /** Active persons only: whoever is suspended, deactivated or deleted is nobody. On the hot path. */
  personById(personId: string): PersonCard | undefined;
  personByUsername(username: string): PersonCard | undefined;
};
export type PersonCard = { id: string; username: string; name: string };
