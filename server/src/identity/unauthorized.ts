import { Problem } from '#kernel';

/** The callers that an address takes: an app (or an app for a person), an operator, or an operator and the licensee whose log it is. */
export type Wanted = 'app' | 'operator' | 'licensee';

/** What became of a credential that the caller holds whole and that works no more. Times are Unix ms. */
export type CredentialEnd =
  | { reason: 'revoked-key' | 'ended-key'; at: number }
  | { reason: 'expired-token' | 'suspended-token' | 'refresh-token' };

/** What each `reason` of a 401 says, and to whom. */
export const UNAUTHORIZED_DETAILS = {
  'no-credentials': {
    app: "There is no Authorization header. Send `Authorization: Bearer` and the app's key or a person's token, or an OAuth 1.0a signature.",
    operator: "There is no Authorization header. Send `Authorization: Bearer` and an operator's token.",
    licensee:
      "There is no Authorization header. Send `Authorization: Bearer` and the licensee's key or an operator's token.",
  },
  'no-scheme':
    'The Authorization header names no scheme that is taken here: it begins with `Bearer` and a space, or with `OAuth` (1.0a).',
  'empty-key': 'There is nothing behind `Bearer` in the Authorization header.',
  'unknown-key':
    'This server knows no such key. Check that it is complete, that it is for this server, and that it is a bearer and neither a consumer key nor its secret.',
  'revoked-key':
    'This key was revoked, or rotated without an overlap. Use the key that replaced it, or ask the operator for one.',
  'ended-key': 'This key ended when it was rotated. Use the key that replaced it.',
  'expired-token':
    "This person's token has expired. Renew it with its refresh token, or ask the person again.",
  'suspended-token':
    "This person's token does not work now: the person's account is closed, or the app has no key in force.",
  'refresh-token':
    'This is a refresh token. Send it to POST /2/oauth2/token, and the access token that comes back here.',
  'other-role': {
    app: "This is the form of an operator's token. This address takes an app's key or a person's token.",
    operator: "This is the form of an app's key or a person's token. This address takes an operator's token.",
    licensee:
      "This is the form of a person's token. This address takes the licensee's key or an operator's token.",
  },
  'invalid-signature':
    'The OAuth 1.0a signature does not hold. Check the consumer key, the token and both secrets, that the signed method, address and parameters are those sent, that the clock is right and the nonce is new.',
  'wrong-body-hash':
    'The oauth_body_hash of the signature is not the base64 of the hash of the body (SHA-1 for HMAC-SHA1), or stands beside a form, which the signature covers itself.',
} as const;

/** `reason` of a 401; stays as it is. */
export type UnauthorizedReason = keyof typeof UNAUTHORIZED_DETAILS;

/**
 * A 401 that says which kind of wrong it is, as far as the header's form tells, or a secret that the caller holds whole
 * (`end`): nothing that could be guessed is told from what could not.
 * @param header `Authorization` as it came. @param end what became of its credential, if it was one.
 */
export function unauthorized(header: string | undefined, wanted: Wanted, end?: CredentialEnd): Problem {
  const reason = end?.reason ?? reasonOf(header, wanted);
  const text = UNAUTHORIZED_DETAILS[reason];
  const detail = typeof text === 'string' ? text : text[wanted];
  const at = end && 'at' in end ? { ended_at: new Date(end.at).toISOString() } : {};
  return new Problem('unauthorized', { detail, reason, ...at });
}

const OPERATOR = /^parley_operator_/;
const PERSON = /^parley_(person|refresh)_/;
const APP = /^parley_/;

function reasonOf(header: string | undefined, wanted: Wanted): UnauthorizedReason {
  if (header === undefined) return 'no-credentials';
  if (/^oauth\s/i.test(header)) return 'invalid-signature';
  if (/^bearer\s*$/i.test(header)) return 'empty-key';
  const bearer = /^bearer\s+(.*)$/is.exec(header)?.[1];
  if (bearer === undefined) return 'no-scheme';
  // By its form alone: whether it is one in force is not looked at.
  const isOther =
    wanted === 'app'
      ? OPERATOR.test(bearer)
      : wanted === 'operator'
        ? APP.test(bearer) && !OPERATOR.test(bearer)
        : PERSON.test(bearer);
  return isOther ? 'other-role' : 'unknown-key';
}
