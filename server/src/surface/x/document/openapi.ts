import { SCOPES } from '#identity';
import { USERNAME_PATTERN } from '#posts';
import { API_VERSION } from '../call/reply.ts';
import type { Operation } from '../operation.ts';
import { ID_PATTERN, type Parameter } from '../params/parameter.ts';
import { ref, type Schema } from './schema.ts';
import { schemas } from './schema-answers.ts';

/** How each kind of token looks to OpenAPI, by the names that X's document gives them. */
const SECURITY_SCHEMES: Schema = {
  BearerToken: { type: 'http', scheme: 'bearer', description: "An app's own key." },
  OAuth2UserToken: {
    type: 'oauth2',
    description: "A person's token, by the authorization code flow with PKCE (RFC 6749, RFC 7636).",
    flows: {
      authorizationCode: {
        authorizationUrl: '/i/oauth2/authorize',
        tokenUrl: '/2/oauth2/token',
        refreshUrl: '/2/oauth2/token',
        scopes: Object.fromEntries(SCOPES.map((scope) => [scope, rightOf(scope)])),
      },
    },
  },
  UserToken: {
    type: 'http',
    scheme: 'OAuth',
    description:
      "A person's token of OAuth 1.0a (RFC 5849): the request is signed with HMAC-SHA1 for `https://` and its Host header.",
  },
};

/** `tweet.moderate.write` → `moderate tweet: write`; what the consent page says is its own. */
function rightOf(scope: string): string {
  if (scope === 'offline.access') return 'A refresh token: access for as long as the person does not end it.';
  const parts = scope.split('.');
  const right = parts.at(-1) === 'write' ? 'Change' : 'See';
  return `${right} what belongs to ${parts[0]}${parts.length > 2 ? ` (${parts[1]})` : ''}.`;
}

function securityOf({ auth, oauth2Only, scopes = [] }: Operation): Schema[] {
  const isForPersons = auth.includes('person');
  return [
    ...(auth.includes('app') ? [{ BearerToken: [] }] : []),
    ...(isForPersons ? [{ OAuth2UserToken: [...scopes] }] : []),
    ...(isForPersons && !oauth2Only ? [{ UserToken: [] }] : []),
  ];
}

const REQUEST_HEADERS: readonly Schema[] = [
  header('parley-dry-run', 'With `1` the answer is the cost alone: no posts, no charge.', {
    enum: ['0', '1'],
  }),
  header('parley-purpose', "What the posts are for; one of the agreement's purposes, by default its first."),
  header('parley-recipient', "Who gets the posts; one of the agreement's recipients, by default its first."),
];

const RATE_HEADERS: Schema = {
  'x-request-id': replyHeader("The request's id in the operator's log: your own, if you sent one that fits."),
  'x-rate-limit-limit': replyHeader('Calls in this 15-minute window.', { type: 'integer' }),
  'x-rate-limit-remaining': replyHeader('Calls left in it.', { type: 'integer' }),
  'x-rate-limit-reset': replyHeader('Unix seconds at which the next one starts.', { type: 'integer' }),
};

const CALL_HEADERS: Schema = {
  ...RATE_HEADERS,
  'parley-call': replyHeader('`<log>/<index>`: where this call is in the ledger.'),
  'parley-posts': replyHeader('`<billed>/<delivered>` posts. A post is billed once a UTC day.'),
  'parley-persons': replyHeader('`<billed>/<delivered>` persons.'),
  'parley-cost': replyHeader('What the call cost, such as `0.005000 USD`.'),
  'parley-remaining': replyHeader('Posts left of the monthly cap; absent without a cap.', {
    type: 'integer',
  }),
};

function header(name: string, description: string, schema: Schema = { type: 'string' }): Schema {
  return { name, in: 'header', required: false, description, schema };
}

function replyHeader(description: string, schema: Schema = { type: 'string' }): Schema {
  return { description, schema };
}

function schemaOf(parameter: Parameter): Schema {
  switch (parameter.kind) {
    case 'id':
      return { type: 'string', pattern: ID_PATTERN };
    case 'ids':
      return {
        type: 'array',
        items: { type: 'string', pattern: ID_PATTERN },
        minItems: 1,
        maxItems: parameter.max,
      };
    case 'username':
      return { type: 'string', pattern: USERNAME_PATTERN };
    case 'pattern':
      return { type: 'string', pattern: parameter.pattern };
    case 'usernames':
      return {
        type: 'array',
        items: { type: 'string', pattern: USERNAME_PATTERN },
        minItems: 1,
        maxItems: parameter.max,
      };
    case 'integer':
      return { type: 'integer', minimum: parameter.min, maximum: parameter.max, default: parameter.fallback };
    case 'time':
      return { type: 'string', format: 'date-time' };
    case 'one':
      return { type: 'string', enum: parameter.of, default: parameter.fallback };
    case 'words':
      return {
        type: 'array',
        items: { type: 'string', enum: [...parameter.of.read.keys()].sort() },
        uniqueItems: true,
      };
    case 'query':
      return { type: 'string', minLength: 1, maxLength: 4096 };
    case 'token':
      return { type: 'string', minLength: 1 };
  }
}

function parameterOf(parameter: Parameter, name = parameter.name): Schema {
  const schema = schemaOf(parameter);
  return {
    name,
    in: parameter.in ?? 'query',
    required: parameter.required === true,
    description: name === parameter.name ? parameter.about : `\`${parameter.name}\` in the newer dialect.`,
    schema,
    // Lists are one value with commas, never a repeated parameter.
    ...(schema.type === 'array' ? { style: 'form', explode: false } : {}),
  };
}

function jsonOf(description: string, schema: Schema, headers?: Schema): Schema {
  return { description, ...(headers ? { headers } : {}), content: { 'application/json': { schema } } };
}

const REFUSALS: Schema = {
  '400': jsonOf('A parameter is wrong; each mistake has its entry.', ref('InvalidRequest'), RATE_HEADERS),
  '401': jsonOf('There is no valid key.', ref('Problem'), RATE_HEADERS),
  '402': jsonOf('The spending limit is reached.', ref('Problem'), RATE_HEADERS),
  '403': jsonOf(
    'The plan, the agreement or the kind of key does not allow it.',
    ref('Problem'),
    RATE_HEADERS,
  ),
  '429': jsonOf(
    'A rate window or the monthly cap is used up: `title` tells which.',
    ref('Problem'),
    RATE_HEADERS,
  ),
  '503': jsonOf(
    'The ledger cannot record now, or too much is waiting; nothing was charged.',
    ref('Problem'),
    RATE_HEADERS,
  ),
};

const STREAM_REFUSALS: Schema = {
  '409': jsonOf('A filtered stream without rules.', ref('Problem'), RATE_HEADERS),
};

const BODY_REFUSALS: Schema = {
  '413': jsonOf('The body is too large.', ref('Problem'), RATE_HEADERS),
  '422': jsonOf('The app would have more rules than its plan allows.', ref('Problem'), RATE_HEADERS),
};

const WRITE_REFUSALS: Schema = {
  '404': jsonOf('What it would change is not there, or may not be seen.', ref('Problem'), RATE_HEADERS),
  '409': jsonOf('It contradicts what is there now.', ref('Problem'), RATE_HEADERS),
};

/** Its body: JSON, or what it takes raw. */
function bodyOf({ body, raw }: Operation): Schema {
  if (body === undefined && raw === undefined) return {};
  const schema = body === undefined ? {} : { schema: ref(body) };
  const types = raw ? raw.contentTypes : ['application/json'];
  return {
    requestBody: { required: true, content: Object.fromEntries(types.map((type) => [type, schema])) },
  };
}

function operationOf(operation: Operation): Schema {
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    description: operation.about,
    security: securityOf(operation),
    parameters: [
      ...Object.values(operation.parameters).flatMap((parameter) => [
        parameterOf(parameter),
        ...(parameter.also ? [parameterOf(parameter, parameter.also)] : []),
      ]),
      ...REQUEST_HEADERS,
    ],
    ...bodyOf(operation),
    responses: {
      ...(operation.status === 201 ? { '201': jsonOf('Done.', ref(operation.answer), CALL_HEADERS) } : {}),
      '200': jsonOf(
        operation.opens
          ? 'A line (ended by CRLF) for each post, and empty lines as keep-alives; an error inside ends it.'
          : 'What was found. What was asked for and is not in it has its entry in `errors`.',
        { oneOf: [ref(operation.answer), ref('DryRunAnswer')] },
        CALL_HEADERS,
      ),
      ...REFUSALS,
      ...(operation.opens ? STREAM_REFUSALS : {}),
      ...(operation.body === undefined && operation.raw === undefined ? {} : BODY_REFUSALS),
      ...(operation.writes || operation.missing ? WRITE_REFUSALS : {}),
    },
  };
}

/** The OpenAPI 3.1 document of the endpoints, made from the same declarations that validate their requests. */
export function openApi(operations: readonly Operation[]): Schema {
  const paths: Record<string, Schema> = {};
  for (const operation of operations) {
    const method = (operation.method ?? 'GET').toLowerCase();
    paths[operation.path] = { ...paths[operation.path], [method]: operationOf(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Parley',
      version: API_VERSION,
      description:
        "A platform's posts by the surface that X API v2 clients speak, each call metered and recorded.",
    },
    servers: [{ url: '/' }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { schemas, securitySchemes: SECURITY_SCHEMES },
  };
}
