import type { Actions } from '#actions';
import type { Compliance } from '#compliance';
import type { PersonGrant, Scope } from '#identity';
import type { Clock, JsonLimits } from '#kernel';
import type { MediaLibrary } from '#media';
import type { Messages } from '#messages';
import type { Audience, RelationReader } from '#posts';
import type { SearchIndex } from '#search';
import type { EventStream, OpenStream, PostStream, Streams } from '#streams';
import type { Admission, Dialect, Group, Terms } from '#terms';
import type { Webhooks } from '#webhooks';
import type { KeptItems } from './answer/body.ts';
import type { Flow } from './call/request-body.ts';
import type { InDialect, Parameters, Values } from './params/parameter.ts';
import type { JsonCache } from './present/json-cache.ts';

/** What operations read from. */
export type OperationDeps = {
  jsonCache: JsonCache;
  relations: RelationReader;
  search: SearchIndex;
  terms: Pick<Terms, 'usageDays' | 'apps'>;
  streams: Streams;
  network: Pick<Actions, 'act' | 'check'>;
  messages: Messages;
  webhooks: Webhooks;
  media: MediaLibrary;
  compliance: Pick<Compliance, 'create' | 'jobs' | 'job'>;
  clock: Clock;
};

/** One admitted request, its parameters read. */
export type OperationContext<P> = {
  /** What `prepare` made of the query string; shared by all requests with the same one, so never changed. */
  query: P;
  /** The path's first parameter, checked; empty for a path without one. */
  subject: string;
  /** All of the path's parameters, checked, by their names on the wire: `{id, tweet_id}`. */
  path: Readonly<Record<string, string>>;
  admission: Admission;
  audience: Audience;
  /** In which the answer is written. */
  dialect: Dialect;
  now: number;
  /** `https://host` under which the caller reached this server: for addresses in answers. */
  base(): string;
  /** The person for whom the app asks; undefined with an app's own key. */
  viewer?: string;
  /** What the person gave the app; undefined with an app's own key. Its scopes are checked already. */
  grant?: PersonGrant;
  /** What an operation with a `body` was sent, parsed; undefined for none. */
  body?: unknown;
  /** What an operation with `raw` was sent, as it came. */
  raw?: RawBody;
};

/** A body that is not (only) JSON: whole, in memory, at most the operation's `raw.bytesMax`. */
export type RawBody = {
  bytes: Uint8Array;
  /** The header as it came, `multipart/form-data; boundary=…`; empty without one. */
  contentType: string;
};

/** What an operation that streams opens. Times are Unix ms. */
export type Opens = Pick<OpenStream, 'stream' | 'from' | 'until'> & (PostStream | EventStream);

/** What was found, gathered and judged, ready to be charged for and then shown. */
export type ReadResult = {
  groups: readonly Group[];
  /** 200 unless said; 202 and 204 in the forms of v1.1. */
  status?: 200 | 201 | 202 | 204;
  /** Pure: the body of what the charge kept. */
  present(kept: KeptItems): string | Promise<string>;
};

/** Who may call: an app with its own key, or an app for a person (with an OAuth 2.0 or an OAuth 1.0a token). */
export type Auth = 'app' | 'person';

/** A body that names some things and settings, in a client's own spacing. More is parsed for no operation that does not ask. */
export const BODY_LIMITS: JsonLimits = { bytesMax: 16 << 10, depthMax: 8, valuesMax: 256 };

/**
 * Limits of a body with a text of so many UTF-16 units beside what `BODY_LIMITS` allows: `\u00e9` is the longest form of one,
 * and Python's clients write it.
 */
export function bodyWithText(lengthMax: number): JsonLimits {
  return { ...BODY_LIMITS, bytesMax: BODY_LIMITS.bytesMax + 6 * lengthMax };
}

/** What reading posts and persons needs of a person's token, whatever is read. */
export const READING = ['tweet.read', 'users.read'] as const satisfies readonly Scope[];

/**
 * One endpoint, declared: its parameters both validate requests and make the OpenAPI document.
 * A read has four steps: find and gather and rules in `read`, present in what it returns.
 */
export type Operation<D extends Parameters = Parameters, P = unknown> = {
  /** The public document's operation id; also its name in plans, entries and audits. */
  id: string;
  /** In OpenAPI's form: `/2/tweets/{id}`. */
  path: string;
  tag: 'Posts' | 'Persons' | 'Lists' | 'Media' | 'Messages' | 'Compliance' | 'Webhooks' | 'Usage' | 'Streams';
  /** GET unless said. */
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** 201 where a success may be that; 200 unless said. */
  status?: 201;
  /** Name of the schema of its JSON body, which comes as `asked.body`. */
  body?: string;
  /** Of a JSON body: as small as the operation needs; `BODY_LIMITS` unless said. */
  bodyLimits?: JsonLimits;
  /**
   * Takes bodies that are no JSON, too (forms, multipart): they come as `asked.raw`, bytes and content type. They are read
   * only once the call was admitted. `body` then names the schema of what a form holds, for the document.
   */
  raw?: {
    bytesMax: number;
    contentTypes: readonly string[];
    /**
     * With it the body is a stream that is begun before the call is admitted: what it returns comes as `asked.body`, and
     * `id` is the operation that is asked for, among those that share its rules (X's `command` forms). Not run on a dry run.
     */
    begin?(flow: Flow, rawQuery: string): Promise<{ id: string; body: unknown }>;
  };
  summary: string;
  about: string;
  auth: readonly Auth[];
  /**
   * Rights that a person's token needs here, all of them: without one, 403 `client-forbidden`. An operation that takes
   * persons' tokens names at least one; `registerApi` refuses to start otherwise.
   */
  scopes?: readonly Scope[];
  /** X takes no OAuth 1.0a token here (bookmarks, personal reads that came late). */
  oauth2Only?: true;
  /**
   * The path's first parameter is the person whose token it is (`/2/users/{id}/likes`): another id is X's 400, answered
   * by `call.ts`. So `asked.subject === asked.viewer` for who takes only persons' tokens. With an app's key any id goes.
   */
  own?: true;
  /**
   * Something is different after `read`. Never run on a dry run (which answers the cost), never while the ledger cannot
   * record, and charged whatever becomes of the connection. A Problem that `read` throws must leave nothing changed.
   */
  writes?: true;
  /** Of an operation that `writes`: what of the request is wrong, without doing anything. Dry runs ask it too. */
  check?(context: OperationContext<P>, deps: OperationDeps): void | Promise<void>;
  /** X's current document kept the classic words of its parameters: they show less than a client's name does. */
  keepsClassicWords?: true;
  /** The dialect that a body's words show. */
  saidInBody?(body: unknown): Dialect | undefined;
  /** A read of one thing that answers 404 when it is not there, and not an entry in `errors`. */
  missing?: 404;
  parameters: D;
  /** Name of the schema of its 200. */
  answer: string;
  /** Once for each distinct query string and dialect. Throws `invalid-request` for what single values cannot tell. */
  prepare(values: Values<D> & InDialect): P;
  read(context: OperationContext<P>, deps: OperationDeps): ReadResult | Promise<ReadResult>;
  /** Makes it a stream: what it goes on with instead of an answer. `read` is then what it costs to open. */
  opens?(context: OperationContext<P>, deps: OperationDeps): Opens;
};

/** Keeps the types of a declaration together; does nothing else. */
export function operation<const D extends Parameters, P>(declared: Operation<D, P>): Operation<D, P> {
  return declared;
}

/**
 * What authors may have refused to this caller: decided by all purposes of the app's agreement, not by the one
 * that a call names, for what an app received for display it could also train on.
 */
export function audienceOf({ caller }: Pick<Admission, 'caller'>, viewer?: string): Audience {
  const { purposes } = caller.agreement;
  const audience: Audience = {
    aiTraining: purposes.includes('ai-training'),
    redistribution: purposes.includes('resale') || purposes.includes('government'),
  };
  if (viewer !== undefined) audience.viewer = viewer;
  return audience;
}
