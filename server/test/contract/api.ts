import assert from 'node:assert/strict';
import { after, type TestContext } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { FastifyInstance } from 'fastify';
import { createServer, reachedBy } from '#http';
import {
  accessRoutes,
  type PersonGrant,
  type PersonTokens,
  SCOPES,
  type Scope,
  type SignedRequest,
} from '#identity';
import { makeId } from '#kernel';
import { mediaRoutes } from '#media';
import { type Change, defaultPerson, defaultPost, type Person, type Post } from '#posts';
import { type AgreementInput, type Credentials, OPERATOR } from '#terms';
import { openApi, operations, registerApi } from '#x';
import type { RefusalBudget } from '../../src/surface/x/call/refusal-budget.ts';
import { testWorld, WORLD_START, type World } from '../world.ts';

/** One reply, checked against the OpenAPI document already. */
export type Reply = { status: number; headers: Record<string, string>; text: string; json: Json };
// biome-ignore lint/suspicious/noExplicitAny: a test reads any path of any answer; the schema was checked before
export type Json = any;

export type Api = {
  world: World;
  server: FastifyInstance;
  /** What was logged as our own mistake: stays empty. */
  mistakes: unknown[];
  app(
    input?: Partial<AgreementInput> & { sandbox?: boolean; dialect?: string },
  ): Promise<Credentials & { licenseeId: string }>;
  /**
   * A person's token of an app, as the log-in would have given it: what stands here is what comes after. All scopes unless
   * said. An `oauth1` one is sent as the whole header by `signedBy`.
   */
  person(
    app: { appId: string },
    personId: string,
    options?: { scopes?: readonly Scope[]; via?: PersonGrant['via'] },
  ): { bearerToken: string };
  /** GET as an app, or an app for a person (none: without a key). */
  get(
    app: { bearerToken: string } | undefined,
    url: string,
    headers?: Record<string, string>,
  ): Promise<Reply>;
  /** Another method, with a body that is sent as JSON. */
  send(
    method: 'POST' | 'PUT' | 'DELETE',
    app: { bearerToken: string },
    url: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Reply>;
  apply(...changes: Change[]): Promise<void>;
};

/** Where this server listens, as far as its answers know. */
const OWN = 'http://parley.example';

/** What ends with the suite that is being described. */
export function untilSuiteEnds(): Pick<TestContext, 'after'> {
  const ends: (() => unknown)[] = [];
  after(async () => {
    for (const end of ends.reverse()) await end();
  });
  return { after: (end) => void ends.push(end as () => unknown) };
}

/**
 * A whole Parley with the API's routes on the real server, asked in memory.
 * @param given.tokens in place of those that `person` makes.
 * @param given.allowOutbound where the platform's backend may be although it is not public.
 * @param given.allowWebhooks where webhooks may be although it is not public.
 */
export async function apiWorld(
  until: Pick<TestContext, 'after'>,
  given: {
    tokens?: PersonTokens;
    trustProxy?: readonly string[];
    allowOutbound?: readonly string[];
    allowWebhooks?: readonly string[];
    refusals?: RefusalBudget;
  } = {},
): Promise<Api> {
  const { allowOutbound, allowWebhooks } = given;
  const world = await testWorld(until as TestContext, WORLD_START, { allowOutbound, allowWebhooks });
  const mistakes: unknown[] = [];
  const server = createServer((message, cause) => mistakes.push([message, cause]), {}, given);
  const grants = new Map<string, PersonGrant>();
  const tokens = {
    byBearer: (token: string, now: number) =>
      grants.get(token)?.via === 'oauth2' ? grants.get(token) : world.access.tokens.byBearer(token, now),
    endOf: world.access.tokens.endOf,
    bySignature: (request: SignedRequest, now: number) =>
      grants.get(request.authorization.slice('OAuth '.length)) ??
      world.access.tokens.bySignature(request, now),
    claims: (authorization: string, now: number) =>
      grants.get(authorization.slice('OAuth '.length))?.appId ??
      world.access.tokens.claims(authorization, now),
  };
  const log = (message: string, cause: unknown) => mistakes.push([message, cause]);
  const baseOf = (request: Parameters<typeof reachedBy>[0]) =>
    reachedBy(request, { own: OWN, isProxy: (address) => given.trustProxy?.includes(address) === true });
  registerApi(server, {
    ...world,
    tokens: given.tokens ?? tokens,
    oauth2: world.access.persons.oauth2,
    refusals: given.refusals,
    baseOf,
    log,
  });
  accessRoutes(server, { access: world.access, log, baseOf });
  mediaRoutes(server, world.media);
  await server.ready();
  until.after(() => server.close());
  let licensees = 0;
  return {
    world,
    server,
    mistakes,
    async app(input = {}) {
      licensees += 1;
      const { licenseeId } = await world.terms.addLicensee(`Licensee ${licensees}`);
      return { ...(await world.terms.addApp(OPERATOR, { licenseeId, plan: 'pro', ...input })), licenseeId };
    },
    person({ appId }, personId, { scopes = SCOPES, via = 'oauth2' } = {}) {
      const bearerToken = `person-token-${grants.size}`;
      const grantId = String(grants.size);
      grants.set(bearerToken, { grantId, appId, personId, scopes: new Set(scopes), via });
      return { bearerToken };
    },
    async get(app, url, headers = {}) {
      const authorization = app ? { authorization: `Bearer ${app.bearerToken}` } : {};
      const reply = await server.inject({ url, headers: { ...authorization, ...headers } });
      const result = read(reply);
      checkReply(url, result);
      return result;
    },
    async send(method, app, url, body, headers = {}) {
      const reply = await server.inject({
        method,
        url,
        headers: {
          authorization: `Bearer ${app.bearerToken}`,
          'content-type': 'application/json',
          ...headers,
        },
        payload: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
      });
      const result = read(reply);
      checkReply(url, result, method.toLowerCase());
      return result;
    },
    async apply(...changes) {
      const outcomes = await world.writer.apply(changes);
      for (const outcome of outcomes) assert.notEqual(outcome.status, 'refused', JSON.stringify(outcome));
    },
  };
}

/** The header of a request that is signed with a person's OAuth 1.0a token. */
export function signedBy({ bearerToken }: { bearerToken: string }): { authorization: string } {
  return { authorization: `OAuth ${bearerToken}` };
}

export function read(reply: { statusCode: number; headers: object; body: string }): Reply {
  return {
    status: reply.statusCode,
    headers: reply.headers as Record<string, string>,
    text: reply.body,
    json: reply.body === '' ? undefined : JSON.parse(reply.body),
  };
}

const document = openApi(operations) as { paths: Record<string, Record<string, Json>>; components: Json };
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema({ $id: 'api', ...document });
const validators = new Map<string, ReturnType<typeof ajv.compile>>();

/** The path of the document that an address belongs to; literal parts win over parameters. */
function pathOf(url: string): string | undefined {
  const path = url.split('?')[0] ?? '';
  const fits = (template: string) => new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
  return Object.keys(document.paths)
    .filter(fits)
    .sort((a, b) => a.split('{').length - b.split('{').length)[0];
}

/** Every reply of a declared endpoint is one that the document declares, with the headers that clients need. */
export function checkReply(url: string, { status, headers, json, text }: Reply, method = 'get'): void {
  const path = pathOf(url);
  if (!path) return;
  if (!document.paths[path]?.[method]) return;
  const where = `${status} of ${url}: ${text.slice(0, 2_000)}`;
  assert.equal(headers['content-type'], 'application/json; charset=utf-8', where);
  for (const name of ['x-rate-limit-limit', 'x-rate-limit-remaining', 'x-rate-limit-reset']) {
    assert.match(headers[name] ?? '', /^\d+$/, `${name} on ${where}`);
  }
  assert.match(headers['x-request-id'] ?? '', /^\S{1,64}$/, where);
  assert.match(headers['x-access-level'] ?? '', /^(read|read-write|read-write-directmessages)$/, where);
  assert.match(headers['api-version'] ?? '', /^2\.\d+$/, where);
  const key = `#/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D')}/${method}/responses/${status}/content/application~1json/schema`;
  let validate = validators.get(key);
  if (!validate) {
    assert.ok(document.paths[path]?.[method].responses[status], `the document does not know ${where}`);
    validate = ajv.compile({ $ref: `api${key}` });
    validators.set(key, validate);
  }
  assert.ok(validate(json), `${JSON.stringify(validate.errors?.slice(0, 5))} in ${where}`);
  assert.doesNotMatch(
    text,
    /:null|:""(?=[,}])(?<!"(value|description|text)":"")|:\[\](?=[,}])(?<!"(query|ids|usernames|partition|type|\$[\w.]+)":\[\])/,
    where,
  );
}

/** An id of the moment so many seconds before the world's start. */
export function idAgo(seconds: number, low = 1): string {
  return makeId(WORLD_START - seconds * 1000, low);
}

/** A post of so many seconds ago. */
export function post(seconds: number, fields: Partial<Post> = {}): { kind: 'post'; post: Post } {
  const id = fields.id ?? idAgo(seconds);
  return {
    kind: 'post',
    post: {
      ...defaultPost({ id, authorId: '101', createdAt: WORLD_START - seconds * 1000 }),
      text: `post ${seconds}`,
      lang: 'en',
      metrics: { reposts: 1, replies: 2, likes: 3, quotes: 4, bookmarks: 5, impressions: 6 },
      ...fields,
    },
  };
}

export function person(id: string, fields: Partial<Person> = {}): { kind: 'person'; person: Person } {
  return {
    kind: 'person',
    person: {
      ...defaultPerson(id),
      username: `person${id}`,
      name: `Person ${id}`,
      metrics: { followers: 1, following: 2, posts: 3, listed: 4 },
      ...fields,
    },
  };
}

/** Every field and expansion of the classic dialect, as twarc2 sends them on every call. */
export const EVERYTHING = [
  'expansions=author_id,in_reply_to_user_id,referenced_tweets.id,referenced_tweets.id.author_id,entities.mentions.username,attachments.poll_ids,attachments.media_keys,geo.place_id,edit_history_tweet_ids',
  'tweet.fields=attachments,author_id,context_annotations,conversation_id,created_at,edit_controls,edit_history_tweet_ids,entities,geo,id,in_reply_to_user_id,lang,possibly_sensitive,public_metrics,referenced_tweets,reply_settings,source,text,withheld,note_tweet',
  'user.fields=created_at,description,entities,id,location,name,pinned_tweet_id,profile_image_url,protected,public_metrics,url,username,verified,verified_type,withheld,most_recent_tweet_id,affiliation',
  'media.fields=alt_text,duration_ms,height,media_key,preview_image_url,public_metrics,type,url,variants,width',
  'poll.fields=duration_minutes,end_datetime,id,options,voting_status',
  'place.fields=contained_within,country,country_code,full_name,geo,id,name,place_type',
].join('&');
