import { createHmac } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '#kernel';
import { html, type Markup, PAGE_HEADERS } from './page.ts';
import type { PersonCard } from './person-port.ts';
import type { Persons } from './persons.ts';
import { newSecret, sameText } from './secret.ts';
import { SESSION_MS, type Session } from './sign-in/session.ts';

/** A browser's mark lives for a year; it opens nothing (see `SignIn`). */
const DEVICE_SECONDS = 365 * 86_400;
const COOKIE_LENGTH_MAX = 512;
/** An authorization request with all its parameters comes back after a sign-in. */
const NEXT_LENGTH_MAX = 8_192;
const NEXT_PATHS = [
  '/i/oauth2/authorize',
  '/oauth/authorize',
  '/oauth/authenticate',
  '/i/oauth/authenticate',
  '/settings/apps',
  '/settings/password',
];
export const HOME = '/settings/apps';

/** The browser that asks, and who is signed in with it. */
export type Visitor = {
  session?: Session;
  person?: PersonCard;
  /** Proves that a form was shown to this browser by us. */
  formToken: string;
  /** Random, known to this browser and us alone. */
  browser: string;
  device?: string;
};
export type SignedInVisitor = Visitor & { session: Session; person: PersonCard };

type CookieName = 'session' | 'browser' | 'device';

function cookieName(request: FastifyRequest, name: CookieName): string {
  // The prefix keeps other hosts of the same domain from setting it (RFC 6265bis, 4.1.3); it needs HTTPS.
  return `${request.protocol === 'https' ? '__Host-' : ''}parley-${name}`;
}

function cookie(request: FastifyRequest, name: CookieName): string | undefined {
  const wanted = `${cookieName(request, name)}=`;
  const found = (request.headers.cookie ?? '').split(';').find((part) => part.trim().startsWith(wanted));
  const value = found?.trim().slice(wanted.length);
  return value === undefined || value === '' || value.length > COOKIE_LENGTH_MAX ? undefined : value;
}

function setCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  name: CookieName,
  value: string,
  seconds?: number,
): void {
  const secure = request.protocol === 'https' ? '; Secure' : '';
  const age = seconds === undefined ? '' : `; Max-Age=${seconds}`;
  // Lax: the browser comes from an app's page with it, and never with a form of another site.
  reply.header(
    'set-cookie',
    `${cookieName(request, name)}=${value}; Path=/; HttpOnly; SameSite=Lax${secure}${age}`,
  );
}

/** Who asks. Gives the browser a mark for forms if it has none. */
export function visitorOf(persons: Persons, request: FastifyRequest, reply: FastifyReply): Visitor {
  let browser = cookie(request, 'browser');
  if (browser === undefined || !/^[\w-]{43}$/.test(browser)) {
    browser = newSecret();
    setCookie(request, reply, 'browser', browser);
  }
  const session = persons.sessions.find(cookie(request, 'session'), persons.clock.now());
  const person = session && persons.world.personById(session.personId);
  const formToken = mac(person ? session.token : browser, 'form');
  const device = cookie(request, 'device');
  return person ? { session, person, formToken, browser, device } : { formToken, browser, device };
}

export function mac(secret: string, of: string): string {
  return createHmac('sha256', secret).update(of).digest('base64url');
}

export function isSignedIn(visitor: Visitor): visitor is SignedInVisitor {
  return visitor.person !== undefined;
}

export function beginSession(
  request: FastifyRequest,
  reply: FastifyReply,
  signedIn: { session: Session; device?: string },
): void {
  setCookie(request, reply, 'session', signedIn.session.token, SESSION_MS / 1_000);
  if (signedIn.device !== undefined) setCookie(request, reply, 'device', signedIn.device, DEVICE_SECONDS);
}

export function endSession(
  persons: Persons,
  visitor: Visitor,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  if (visitor.session) persons.sessions.end(visitor.session.token);
  setCookie(request, reply, 'session', '', 0);
}

/**
 * The form that was sent, if one of our own pages sent it (CSRF): by the token in it, and by what browsers say of where it
 * comes from. @throws Problem `client-forbidden`.
 */
export function ownForm(request: FastifyRequest, visitor: Visitor): URLSearchParams {
  const form = new URLSearchParams(typeof request.body === 'string' ? request.body : '');
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const isOwnOrigin =
    origin === undefined || (URL.canParse(origin) && new URL(origin).host === request.host.toLowerCase());
  const isOwnSite = site === undefined || site === 'same-origin' || site === 'none';
  if (!isOwnOrigin || !isOwnSite || !sameText(form.get('form') ?? '', visitor.formToken)) {
    throw new Problem('client-forbidden', {
      detail: 'This form is not of this page, or too old. Go back, load the page again and repeat it.',
    });
  }
  return form;
}

/** Where to go after a sign-in: one of our own pages, whatever was asked for (no open redirect). */
export function ownAddress(next: string | null | undefined): string {
  if (!next || next.length > NEXT_LENGTH_MAX || !/^\/[\x21-\x7e]*$/.test(next) || /[\\"<>]/.test(next))
    return HOME;
  const path = next.split(/[?#]/)[0]!;
  return NEXT_PATHS.includes(path) ? next : HOME;
}

export function redirect(reply: FastifyReply, location: string): void {
  reply
    .code(303)
    .headers({ ...PAGE_HEADERS, location })
    .send();
}

export function toSignIn(reply: FastifyReply, request: FastifyRequest): void {
  redirect(reply, `/sign-in?next=${encodeURIComponent(request.raw.url ?? HOME)}`);
}

export function queryOf(request: FastifyRequest): URLSearchParams {
  const url = request.raw.url ?? '';
  const at = url.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
}

/** The hidden fields of every form. */
export function hidden(visitor: Visitor, fields: Record<string, string | undefined> = {}): Markup {
  const all = Object.entries({ form: visitor.formToken, ...fields });
  return html`${all.map(([name, value]) => value !== undefined && html`<input type="hidden" name="${name}" value="${value}">\n`)}`;
}
