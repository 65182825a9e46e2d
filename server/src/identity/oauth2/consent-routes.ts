import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { noteCause, Problem } from '#kernel';
import type { AskingToken } from '../oauth1/request-token.ts';
import { html, type Markup, sendPage } from '../page.ts';
import type { Scope } from '../person-port.ts';
import type { Persons } from '../persons.ts';
import { whoIs } from '../settings-routes.ts';
import {
  hidden,
  isSignedIn,
  ownForm,
  queryOf,
  redirect,
  type SignedInVisitor,
  toSignIn,
  visitorOf,
} from '../visitor.ts';
import { scopeList } from '../words.ts';
import type { Asking } from './oauth2.ts';

const CLIENT_PARAMETERS = [
  'response_type',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'code_challenge',
  'code_challenge_method',
];

/** Where a person allows an app to act, or does not. */
export function consentRoutes(
  scope: FastifyInstance,
  persons: Persons,
  issuerOf: (request: FastifyRequest) => string,
): void {
  const { oauth1, oauth2, world, handOff, clock } = persons;
  const targets = (address: string) => [address, ...(handOff.settings() ? [handOff.settings()!.url] : [])];

  scope.get('/i/oauth2/authorize', (request, reply) => {
    const query = queryOf(request);
    const asking = oauth2.ask(query, issuerOf(request), clock.now());
    // A page of our own can be shown to anyone.
    if ('fault' in asking && asking.redirect === undefined) return faulty(reply, asking);
    const visitor = visitorOf(persons, request, reply);
    // Before a person has signed in no browser is sent away, not even with an error: a link to this server would else lead
    // wherever whoever registered an app wants (RFC 9700, 4.11.2).
    if (!isSignedIn(visitor)) return toSignIn(reply, request);
    if ('fault' in asking) return faulty(reply, asking);
    const fields = Object.fromEntries(CLIENT_PARAMETERS.map((name) => [name, query.get(name) ?? undefined]));
    sendPage(reply, {
      title: 'Allow an app to act for you?',
      targets: targets(asking.redirectUri),
      body: consent(request, visitor, {
        appId: asking.client.appId,
        scopes: asking.scopes,
        action: '/i/oauth2/authorize',
        fields,
        goesTo: asking.redirectUri,
      }),
    });
  });

  scope.post('/i/oauth2/authorize', (request, reply) => {
    const visitor = visitorOf(persons, request, reply);
    if (!isSignedIn(visitor)) throw signedOut();
    const form = ownForm(request, visitor);
    const isAllowed = decided(form, visitor);
    const asked = new URLSearchParams([...form].filter(([name]) => CLIENT_PARAMETERS.includes(name)));
    const asking: Asking | { fault: string; redirect?: string } = oauth2.ask(
      asked,
      issuerOf(request),
      clock.now(),
    );
    if ('fault' in asking) return faulty(reply, asking);
    redirect(reply, isAllowed ? oauth2.allow(asking, visitor.person.id, clock.now()) : oauth2.deny(asking));
  });

  // The last one is what the official XDK sends a person to.
  for (const path of ['/oauth/authorize', '/oauth/authenticate', '/i/oauth/authenticate']) {
    scope.get(path, (request, reply) => {
      const asking = waiting(queryOf(request));
      const visitor = visitorOf(persons, request, reply);
      if (!isSignedIn(visitor)) return toSignIn(reply, request);
      const isByHand = asking.callback === 'oob';
      sendPage(reply, {
        title: 'Allow an app to act for you?',
        targets: isByHand ? targets('https://x.invalid').slice(1) : targets(asking.callback),
        body: consent(request, visitor, {
          appId: asking.appId,
          scopes: asking.scopes,
          action: '/oauth/authorize',
          fields: { oauth_token: asking.token },
          goesTo: isByHand ? undefined : asking.callback,
        }),
      });
    });
  }

  scope.post('/oauth/authorize', (request, reply) => {
    const visitor = visitorOf(persons, request, reply);
    if (!isSignedIn(visitor)) throw signedOut();
    const form = ownForm(request, visitor);
    const isAllowed = decided(form, visitor);
    const asking = waiting(form);
    if (!isAllowed) {
      const address = oauth1.deny(asking);
      return address === undefined ? sendPage(reply, deniedPage()) : redirect(reply, address);
    }
    const allowed = oauth1.allow(asking, visitor.person.id);
    if (!allowed) throw notWaiting();
    if ('redirect' in allowed) return redirect(reply, allowed.redirect);
    sendPage(reply, pinPage(world.appOf(asking.appId)?.name ?? asking.appId, allowed.pin));
  });

  function waiting(parameters: URLSearchParams): AskingToken {
    const tokens = parameters.getAll('oauth_token');
    const asking = tokens.length === 1 ? oauth1.ask(tokens[0]!, clock.now()) : undefined;
    if (!asking) throw notWaiting();
    return asking;
  }

  type Question = {
    appId: string;
    scopes: readonly Scope[];
    action: string;
    fields: Record<string, string | undefined>;
    /** None for a client without an address, whose person carries a PIN. */
    goesTo?: string;
  };

  function consent(request: FastifyRequest, visitor: SignedInVisitor, question: Question): Markup {
    const app = world.appOf(question.appId);
    const fields = { ...question.fields, person: visitor.person.id };
    return html`<h1>Allow <bdi>${app?.name}</bdi> to act for you?</h1>
<p>It is an app of <bdi>${app?.licensee}</bdi>, who has an agreement with this network.</p>
${whoIs(visitor, request.raw.url ?? '')}
<p>The app will be able to:</p>
${scopeList(question.scopes)}
<p class="soft">It never sees your password. You can end this at any time under <a href="/settings/apps">apps that may act for you</a>.</p>
<form method="post" action="${question.action}">
${hidden(visitor, fields)}<div class="row"><button name="decision" value="allow">Allow</button>
<button class="plain" name="decision" value="deny">Do not allow</button></div>
</form>
<p class="soft">${question.goesTo === undefined ? 'You get a number to type into the app.' : html`Either way you go back to <strong>${placeOf(question.goesTo)}</strong>.`}</p>`;
  }
}

/** Whether the person said yes. What was shown to one account is not answered by another. */
function decided(form: URLSearchParams, visitor: SignedInVisitor): boolean {
  if (form.get('person') !== visitor.person.id) {
    const detail = 'You have signed in as somebody else since this page was shown. Load it again.';
    throw new Problem('conflict', { detail });
  }
  const decision = form.get('decision');
  if (decision !== 'allow' && decision !== 'deny') throw new Problem('body-invalid');
  return decision === 'allow';
}

/** The host that a person would recognise, or the scheme of an app on the device. */
function placeOf(address: string): string {
  const { host, protocol } = new URL(address);
  return /^https?:$/.test(protocol) ? host : `the app (${protocol.slice(0, -1)})`;
}

/** A refusal goes back to the app only where the app registered the address; otherwise the person reads it here. */
function faulty(
  reply: FastifyReply,
  { fault, redirect: address }: { fault: string; redirect?: string },
): void {
  if (address !== undefined) {
    redirect(reply, address);
    return;
  }
  noteCause(reply, 'invalid-request');
  sendPage(reply, {
    title: 'The app asked wrongly',
    status: 400,
    body: html`<h1>The app asked wrongly</h1>
<p role="alert">${fault}</p>
<p class="soft">Nothing was allowed. Only whoever makes the app can mend this.</p>`,
  });
}

function notWaiting(): Problem {
  return new Problem('not-found', {
    detail: 'This request has ended or was answered. Begin again in the app.',
  });
}

function signedOut(): Problem {
  return new Problem('unauthorized', { detail: 'You were signed out meanwhile. Begin again in the app.' });
}

function pinPage(app: string, pin: string) {
  return {
    title: 'Your number',
    body: html`<h1>Type this number into <bdi>${app}</bdi></h1>
<p class="pin" aria-label="${[...pin].join(' ')}">${pin}</p>
<p class="soft">It works once, for the next minutes. Give it to nobody who asks you for it: only the app that you came from needs it.</p>`,
  };
}

function deniedPage() {
  return {
    title: 'Nothing was allowed',
    body: html`<h1>Nothing was allowed</h1><p>You can close this page.</p>`,
  };
}
