import type { FastifyInstance } from 'fastify';
import { noteCause, noteRefusal, Problem } from '#kernel';
import { html, sendPage } from '../page.ts';
import type { Persons } from '../persons.ts';
import { newSecret, sameText, secretHash } from '../secret.ts';
import { settingsRoutes } from '../settings-routes.ts';
import {
  beginSession,
  endSession,
  hidden,
  isSignedIn,
  mac,
  ownAddress,
  ownForm,
  queryOf,
  redirect,
  toSignIn,
  type Visitor,
  visitorOf,
} from '../visitor.ts';
import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN } from './password.ts';

/** How long a person may take at the platform's page. */
const HAND_OFF_MS = 900_000;
const STATE_NAME = 'hand-off state';
const STATE_LENGTH_MAX = 24 << 10;

type State = { next: string; nonce: string; browser: string; endsAt: number };

/** Signing in and out: by password on Parley's own network, by the platform's word before one. */
export function signInRoutes(scope: FastifyInstance, persons: Persons): void {
  const { signIn, handOff, sessions, world, vault, clock } = persons;

  scope.get('/sign-in', (request, reply) => {
    const next = ownAddress(queryOf(request).get('next'));
    const visitor = visitorOf(persons, request, reply);
    if (isSignedIn(visitor)) return redirect(reply, next);
    const settings = handOff.settings();
    if (settings) return redirect(reply, platformAddress(settings.url, settings.origin, next, visitor));
    sendPage(reply, signInPage(visitor, next));
  });

  scope.post('/sign-in', async (request, reply) => {
    const visitor = visitorOf(persons, request, reply);
    const form = ownForm(request, visitor);
    const next = ownAddress(form.get('next'));
    if (handOff.settings()) return redirect(reply, `/sign-in?next=${encodeURIComponent(next)}`);
    const username = form.get('username') ?? '';
    const result = await signIn.signIn(
      { username, password: form.get('password') ?? '', device: visitor.device },
      { remote: request.ip, now: clock.now() },
    );
    if (result === 'wrong') {
      const message = 'Username or password is wrong.';
      noteCause(reply, 'unauthorized/wrong-password');
      return sendPage(reply, { ...signInPage(visitor, next, { message, username }), status: 401 });
    }
    if ('retryAfterSeconds' in result) {
      reply.header('retry-after', String(result.retryAfterSeconds));
      noteCause(reply, 'rate-limited');
      const message = `Too many tries. Wait ${Math.ceil(result.retryAfterSeconds / 60)} minutes.`;
      return sendPage(reply, { ...signInPage(visitor, next, { message, username }), status: 429 });
    }
    if (visitor.session) sessions.end(visitor.session.token);
    beginSession(request, reply, result);
    redirect(reply, result.mustChoose ? `/settings/password?next=${encodeURIComponent(next)}` : next);
  });

  scope.get('/sign-in/return', async (request, reply) => {
    const visitor = visitorOf(persons, request, reply);
    const query = queryOf(request);
    const state = openState(query.get('state') ?? '');
    const isOurs =
      state && sameText(state.browser, secretHash(visitor.browser)!) && clock.now() < state.endsAt;
    const personId = isOurs
      ? await handOff.personOf(query.get('token') ?? '', mac(visitor.browser, state.nonce))
      : undefined;
    const person = personId === undefined ? undefined : world.personById(personId);
    if (!state || !person) {
      throw new Problem('client-forbidden', {
        detail:
          'The network did not say who you are, or said it too long ago. Begin again where you came from.',
      });
    }
    if (visitor.session) sessions.end(visitor.session.token);
    beginSession(request, reply, { session: sessions.begin(person.id, clock.now()) });
    redirect(reply, ownAddress(state.next));
  });

  scope.post('/sign-out', (request, reply) => {
    const visitor = visitorOf(persons, request, reply);
    const form = ownForm(request, visitor);
    endSession(persons, visitor, request, reply);
    redirect(reply, `/sign-in?next=${encodeURIComponent(ownAddress(form.get('next')))}`);
  });

  scope.get('/settings/password', (request, reply) => {
    const visitor = visitorOf(persons, request, reply);
    if (handOff.settings())
      throw new Problem('not-found', { detail: 'Your password is kept by the network itself.' });
    if (!isSignedIn(visitor)) return toSignIn(reply, request);
    sendPage(
      reply,
      passwordPage(visitor, signIn.hasPassword(visitor.person.id), queryOf(request).get('next')),
    );
  });

  scope.post('/settings/password', async (request, reply) => {
    const visitor = visitorOf(persons, request, reply);
    if (handOff.settings())
      throw new Problem('not-found', { detail: 'Your password is kept by the network itself.' });
    if (!isSignedIn(visitor)) return toSignIn(reply, request);
    const form = ownForm(request, visitor);
    const next = form.get('next');
    try {
      if (form.get('password') !== form.get('again')) {
        throw new Problem('body-invalid', { detail: 'The two new passwords are not the same.' });
      }
      const given = { old: form.get('old') ?? undefined, next: form.get('password') ?? '' };
      await signIn.choosePassword(visitor.session, given, { remote: request.ip, now: clock.now() });
    } catch (error) {
      if (!(error instanceof Problem) || error.status >= 500) throw error;
      const page = passwordPage(visitor, signIn.hasPassword(visitor.person.id), next, error.message);
      reply.headers(error.headers);
      noteRefusal(reply, error);
      return sendPage(reply, { ...page, status: error.status });
    }
    redirect(reply, ownAddress(next));
  });

  settingsRoutes(scope, persons);

  function platformAddress(url: string, origin: string, next: string, visitor: Visitor): string {
    const nonce = newSecret();
    const state: State = {
      next,
      nonce,
      browser: secretHash(visitor.browser)!,
      endsAt: clock.now() + HAND_OFF_MS,
    };
    const address = new URL(url);
    const sealed = vault.seal(STATE_NAME, Buffer.from(JSON.stringify(state)));
    address.searchParams.set('state', Buffer.from(sealed).toString('base64url'));
    address.searchParams.set('nonce', mac(visitor.browser, nonce));
    address.searchParams.set('return_to', `${origin}/sign-in/return`);
    return address.href;
  }

  function openState(text: string): State | undefined {
    if (text === '' || text.length > STATE_LENGTH_MAX) return undefined;
    try {
      return JSON.parse(
        Buffer.from(vault.open(STATE_NAME, Buffer.from(text, 'base64url'))).toString(),
      ) as State;
    } catch {
      // Not sealed by us: nobody's state.
      return undefined;
    }
  }
}

function signInPage(visitor: Visitor, next: string, wrong?: { message: string; username: string }) {
  const body = html`<h1>Sign in</h1>
${wrong && html`<p class="error" role="alert">${wrong.message}</p>`}
<form method="post" action="/sign-in">
${hidden(visitor, { next })}<label for="username">Username</label>
<input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="100" required value="${wrong?.username.slice(0, 100)}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="${PASSWORD_LENGTH_MAX}" required>
<div class="row"><button>Sign in</button></div>
</form>
<p class="soft">No password, or forgotten? Whoever runs this network gives you one that works once.</p>`;
  return { title: 'Sign in', body };
}

function passwordPage(visitor: Visitor, hasOld: boolean, next: string | null, wrong?: string) {
  const to = ownAddress(next);
  const body = html`<h1>${hasOld ? 'Change your password' : 'Choose a password'}</h1>
<p>For @${visitor.person?.username}. At least ${PASSWORD_LENGTH_MIN} characters; a few words that nobody would guess are good. Your other browsers are signed out.</p>
${wrong && html`<p class="error" role="alert">${wrong}</p>`}
<form method="post" action="/settings/password">
${hidden(visitor, { next: to })}<input type="text" name="username" value="${visitor.person?.username}" autocomplete="username" hidden>
${
  hasOld &&
  html`<label for="old">The one you have</label>
<input id="old" name="old" type="password" autocomplete="current-password" maxlength="${PASSWORD_LENGTH_MAX}" required>`
}
<label for="password">The new one</label>
<input id="password" name="password" type="password" autocomplete="new-password" minlength="${PASSWORD_LENGTH_MIN}" maxlength="${PASSWORD_LENGTH_MAX}" required>
<label for="again">The new one again</label>
<input id="again" name="again" type="password" autocomplete="new-password" minlength="${PASSWORD_LENGTH_MIN}" maxlength="${PASSWORD_LENGTH_MAX}" required>
<div class="row"><button>Save</button></div>
</form>
<p><a href="${to}">Go on without</a></p>`;
  return { title: hasOld ? 'Change your password' : 'Choose a password', body };
}
