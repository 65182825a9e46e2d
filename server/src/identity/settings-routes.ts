import type { FastifyInstance } from 'fastify';
import type { Grant } from './grant.ts';
import { html, type Markup, sendPage } from './page.ts';
import type { PersonCard, PersonWorld } from './person-port.ts';
import type { Persons } from './persons.ts';
import {
  hidden,
  isSignedIn,
  ownForm,
  redirect,
  type SignedInVisitor,
  toSignIn,
  visitorOf,
} from './visitor.ts';
import { scopeList } from './words.ts';

/** Where a person sees what apps may do in their name, and ends it. */
export function settingsRoutes(scope: FastifyInstance, persons: Persons): void {
  const { grants, world, handOff } = persons;

  scope.get('/settings/apps', (request, reply) => {
    const visitor = visitorOf(persons, request, reply);
    if (!isSignedIn(visitor)) return toSignIn(reply, request);
    const settings = handOff.settings();
    sendPage(reply, {
      title: 'Apps that may act for you',
      targets: settings && [settings.url],
      body: html`<h1>Apps that may act for you</h1>
${whoIs(visitor, '/settings/apps')}
${appCards(visitor, grants.ofPerson(visitor.person.id), world)}
${!settings && html`<p><a href="/settings/password">Change your password</a></p>`}`,
    });
  });

  scope.post('/settings/apps', (request, reply) => {
    const visitor = visitorOf(persons, request, reply);
    if (!isSignedIn(visitor)) return toSignIn(reply, request);
    const form = ownForm(request, visitor);
    grants.revokeApp(visitor.person.id, form.get('app') ?? '');
    redirect(reply, '/settings/apps');
  });
}

/** Who is signed in, with a way to be somebody else. */
export function whoIs(visitor: SignedInVisitor, next: string): Markup {
  return html`<form class="who" method="post" action="/sign-out">
${hidden(visitor, { next })}<span>Signed in as ${named(visitor.person)}</span>
<button class="link">Use another account</button>
</form>`;
}

function named({ name, username }: PersonCard): Markup {
  return html`<strong><bdi>${name}</bdi></strong> @${username}`;
}

function appCards(visitor: SignedInVisitor, grants: readonly Grant[], world: PersonWorld): Markup {
  if (grants.length === 0) return html`<p>None. What you allow an app, you find and end here.</p>`;
  const byApp = Map.groupBy(grants, ({ appId }) => appId);
  return html`${[...byApp].map(([appId, given]) => {
    const app = world.appOf(appId);
    const scopes = new Set(given.flatMap((grant) => grant.scopes));
    const since = new Date(Math.min(...given.map((grant) => grant.createdAt))).toISOString().slice(0, 10);
    return html`<section class="card">
<h2><bdi>${app?.name ?? appId}</bdi></h2>
<p class="soft">${app && html`of <bdi>${app.licensee}</bdi>, `}since ${since}</p>
<details><summary>What it may do</summary>${scopeList(scopes)}</details>
<form method="post" action="/settings/apps">
${hidden(visitor, { app: appId })}<div class="row"><button class="plain" aria-label="End the rights of ${app?.name ?? appId}">End its rights</button></div>
</form>
</section>`;
  })}`;
}
