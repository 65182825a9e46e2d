import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { TestContext } from 'node:test';
import type { FastifyInstance, RouteOptions } from 'fastify';
import sharp from 'sharp';
import type { Logger } from '#http';
import { OPERATOR } from '#terms';
import { serve } from '../../src/wiring/serve.ts';
import { testWorld, WORLD_START, type World } from '../world.ts';
import { type Json, person, post } from './api.ts';
import { openReceiver } from './fake-receiver.ts';
import { openReader } from './reader.ts';

/** Stands in everything that is the victim's alone. In nobody else's answer may it ever be. */
export const MARK = 'xyzzy';
/** Bob, whose things they are; who asks; who writes with Bob; who is suspended; who took back what an app was given. */
export const [BOB, ALICE, CAROL, DAVE, ERIN] = ['102', '101', '103', '104', '105'];

/** Routes of pages for everybody, which HEAD asks for like GET. */
export const PUBLIC_PAGES = [
  '/',
  '/docs',
  '/healthz',
  '/2/openapi.json',
  '/.well-known/oauth-authorization-server',
].flatMap((path) => [`GET ${path}`, `HEAD ${path}`]);

/** Names of what belongs to the victim, or (made up in the same form) to nobody. */
export type Names = Readonly<
  Record<
    | 'post'
    | 'list'
    | 'message'
    | 'group'
    | 'pair'
    | 'upload'
    | 'job'
    | 'webhook'
    | 'rule'
    | 'connection'
    | 'log'
    | 'client',
    string
  >
>;

/** Somebody who asks: what their requests carry, whom they act for, and what of the victim's is for their eyes. */
export type Role = {
  name: string;
  authorization: string | undefined;
  personId?: string;
  may?: 'app' | 'licensee';
};

/** All routes that a running Parley answers, as `METHOD /path/:parameter`. */
export type Served = { world: World; server: FastifyInstance; address: string; routes: ReadonlySet<string> };

/** Parley as it is served, with its server at hand: nothing that is registered there escapes the list of routes. */
export async function served(t: TestContext, given: { logger?: Logger } = {}): Promise<Served> {
  const routes = new Set<string>();
  const servers: FastifyInstance[] = [];
  const noted = (message: unknown) => {
    const { fastify } = message as { fastify: FastifyInstance };
    servers.push(fastify);
    fastify.addHook('onRoute', ({ method, url }: RouteOptions) => {
      for (const one of [method].flat()) routes.add(`${one} ${url}`);
    });
  };
  subscribe('fastify.initialization', noted);
  const world = await testWorld(t, WORLD_START, { allowWebhooks: ['127.0.0.1/32'] }, given);
  const running = await serve(world);
  unsubscribe('fastify.initialization', noted);
  assert.equal(servers.length, 1);
  t.after(() => running.close());
  return { world, server: servers[0]!, address: running.address, routes };
}

const made = (reply: { statusCode: number; body: string }): Json => {
  assert.ok(reply.statusCode < 300, reply.body);
  return reply.body === '' ? undefined : JSON.parse(reply.body);
};

/** A licensee whose app holds one of everything, for itself and for Bob, and those who want to see it. */
export async function tenants(t: TestContext, { world, server, address }: Served) {
  const { terms, access } = world;
  const changes = [
    person(ALICE, { username: 'alice' }),
    ...[CAROL, DAVE, ERIN].map((id) => person(id)),
    person(BOB, { username: 'bob', protected: true }),
    post(60, { id: '9001', authorId: BOB, text: `${MARK} post` }),
    {
      kind: 'list',
      list: {
        id: '7001',
        ownerId: BOB,
        name: `${MARK} list`,
        description: MARK,
        private: true,
        createdAt: WORLD_START,
      },
    } as const,
    { kind: 'relate', relation: 'bookmark', from: BOB, to: '9001', at: WORLD_START } as const,
    { kind: 'relate', relation: 'follow', from: CAROL, to: BOB, at: WORLD_START } as const,
    { kind: 'relate', relation: 'follow', from: BOB, to: CAROL, at: WORLD_START } as const,
  ];
  for (const { status } of await world.writer.apply(changes)) assert.notEqual(status, 'refused');

  const licensee = async (name: string) => (await terms.addLicensee(name)).licenseeId;
  let apps = 0;
  const app = (licenseeId: string, sandbox = false) =>
    terms.addApp(OPERATOR, {
      licenseeId,
      plan: 'enterprise-200m',
      sandbox,
      name: `app ${++apps} of ${licenseeId}`,
    });
  const [victims, others] = [await licensee('Victim'), await licensee('Other')];
  const [victim, sibling] = [await app(victims), await app(victims)];
  const [hostile, sandbox] = [await app(others), await app(others, true)];
  const token = ({ appId }: { appId: string }, personId: string) =>
    `Bearer ${access.persons.giveOwnTokens(appId, personId).oauth2.accessToken}`;
  const own = { app: `Bearer ${victim.bearerToken}`, bob: token(victim, BOB), carol: token(victim, CAROL) };

  const send = async (
    authorization: string,
    method: 'POST' | 'GET' | 'PUT',
    url: string,
    payload?: object | string,
  ) => made(await server.inject({ method, url, headers: { authorization }, payload }));

  const receiver = await openReceiver(t, victim.consumerSecret);
  const webhook = (await send(own.app, 'POST', '/2/webhooks', { url: `${receiver.url}/${MARK}` })).data.id;
  await send(own.bob, 'POST', `/2/account_activity/webhooks/${webhook}/subscriptions/all`);
  const rules = await send(own.app, 'POST', '/2/tweets/search/stream/rules', {
    add: [{ value: `"${MARK} rule"`, tag: MARK }],
  });
  const stream = await openReader(address, '/2/tweets/search/stream', victim.bearerToken);
  t.after(() => stream.cut());
  const connections = await send(own.app, 'GET', '/2/connections');
  const job = await send(own.app, 'POST', '/2/compliance/jobs', { type: 'tweets', name: MARK });
  const text = { text: `${MARK} message` };
  const message = await send(own.bob, 'POST', `/2/dm_conversations/with/${CAROL}/messages`, text);
  const group = await send(own.bob, 'POST', '/2/dm_conversations', {
    conversation_type: 'Group',
    participant_ids: [CAROL, ERIN],
    message: text,
  });
  const png = await sharp({ create: { width: 4, height: 4, channels: 3, background: '#333' } })
    .png()
    .toBuffer();
  const upload = await send(own.bob, 'POST', '/2/media/upload', {
    media: png.toString('base64'),
    media_category: 'tweet_image',
  });
  world.media.setAltText(BOB, upload.data.id, MARK);
  const redirects = ['https://victim.example/back'];
  const { clientId } = access.persons.clients.set(victim.appId, { redirects }, WORLD_START);

  const revoked = token(victim, ERIN);
  access.persons.grants.revokeApp(ERIN, victim.appId);
  const suspended = token(victim, DAVE);
  await world.writer.apply([{ kind: 'person-state', id: DAVE, state: 'suspended' }]);
  const basic = (one: { consumerKey: string; consumerSecret: string }) =>
    `Basic ${Buffer.from(`${one.consumerKey}:${one.consumerSecret}`).toString('base64')}`;

  const theirs: Names = {
    post: '9001',
    list: '7001',
    message: message.data.dm_event_id,
    group: group.data.dm_conversation_id,
    pair: `${BOB}-${CAROL}`,
    upload: upload.data.id,
    job: job.data.id,
    webhook,
    rule: rules.data[0].id,
    connection: connections.data[0].id,
    log: terms.licensees(victims)[0]!.log,
    client: clientId,
  };
  const roles: Role[] = [
    { name: 'nobody', authorization: undefined },
    { name: "another licensee's app", authorization: `Bearer ${hostile.bearerToken}` },
    { name: "another licensee's sandbox key", authorization: `Bearer ${sandbox.bearerToken}` },
    {
      name: 'another app of the same licensee',
      authorization: `Bearer ${sibling.bearerToken}`,
      may: 'licensee',
    },
    { name: "a person's token of another app", authorization: token(hostile, ALICE), personId: ALICE },
    { name: "Bob's own token of another app", authorization: token(hostile, BOB), personId: BOB },
    // It may subscribe its person to the app's webhook, and nothing else of the app's.
    {
      name: "another person's token of the same app",
      authorization: token(victim, ALICE),
      personId: ALICE,
      may: 'app',
    },
    { name: 'a revoked token', authorization: revoked, personId: ERIN },
    { name: "a suspended person's token", authorization: suspended, personId: DAVE },
    {
      name: 'an operator',
      authorization: `Bearer ${(await access.addOperator('Olga')).token}`,
      may: 'licensee',
    },
    { name: 'a consumer pair of another licensee', authorization: basic(hostile) },
    { name: "the victim's own consumer pair", authorization: basic(victim) },
  ];
  return { roles, theirs, own };
}
