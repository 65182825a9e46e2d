/**
 * The error catalogue. Every refusal that leaves Parley is one of these rows; the docs are tested against
 * the table. A row's title, type and status are the wire's (X API v2 where X has one); `detail` says what to
 * do. The cause is for the log and is never sent.
 */
type Row = { status: number; title: string; type: string; detail: string };

const X = 'https://api.twitter.com/2/problems/';

export const problems = {
  'invalid-request': {
    status: 400,
    title: 'Invalid Request',
    type: `${X}invalid-request`,
    detail: 'One or more parameters to your request was invalid.',
  },
  'body-invalid': {
    status: 400,
    title: 'Invalid Request',
    type: `${X}invalid-request`,
    detail: 'The body is not what this address takes; see /docs.',
  },
  'body-too-large': {
    status: 413,
    title: 'Payload Too Large',
    type: 'about:blank',
    detail: 'The body is larger than this address takes. Send it in smaller parts.',
  },
  'request-unreadable': {
    status: 400,
    title: 'Invalid Request',
    type: `${X}invalid-request`,
    detail: 'This is not HTTP/1.1 as a server can read it.',
  },
  'request-timeout': {
    status: 408,
    title: 'Request Timeout',
    type: 'about:blank',
    detail: 'The request did not arrive in time. Send it again.',
  },
  'head-too-large': {
    status: 431,
    title: 'Request Header Fields Too Large',
    type: 'about:blank',
    detail: 'The address and headers are together larger than 64 KiB.',
  },
  unauthorized: { status: 401, title: 'Unauthorized', type: 'about:blank', detail: 'Unauthorized' },
  'unsupported-authentication': {
    status: 403,
    title: 'Unsupported Authentication',
    type: `${X}unsupported-authentication`,
    detail: 'Authenticating with this kind of key is forbidden for this endpoint.',
  },
  'client-forbidden': {
    status: 403,
    title: 'Client Forbidden',
    type: `${X}client-forbidden`,
    detail: 'The agreement of this app does not allow this request.',
  },
  forbidden: {
    status: 403,
    title: 'Forbidden',
    type: 'about:blank',
    detail: 'You are not permitted to perform this action.',
  },
  'not-found': {
    status: 404,
    title: 'Not Found',
    type: 'about:blank',
    detail: 'There is nothing at this address.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method Not Allowed',
    type: 'about:blank',
    detail: 'This address does not take this method.',
  },
  conflict: {
    status: 409,
    title: 'Conflict',
    type: `${X}conflict`,
    detail: 'Another change got there first. Read it again, then repeat yours.',
  },
  'rule-cap': {
    status: 422,
    title: 'RulesCapExceeded',
    type: `${X}rule-cap`,
    detail: 'The app has as many rules as its plan allows. Delete some first.',
  },
  'upload-quota': {
    status: 422,
    title: 'UploadQuotaExceeded',
    type: 'about:blank',
    detail:
      'This person has as much uploaded and unused as is kept. Use some of it, or wait until it expires.',
  },
  'too-many-connections': {
    status: 429,
    title: 'ConnectionException',
    type: `${X}streaming-connection`,
    detail:
      'This stream is currently at the maximum allowed connection limit. GET /2/connections lists what is open, DELETE /2/connections/all ends it.',
  },
  'rule-configuration': {
    status: 409,
    title: 'ConnectionException',
    type: `${X}streaming-connection`,
    detail: 'The filtered stream of this app has no rules. Add one first, then connect.',
  },
  'credits-depleted': {
    status: 402,
    title: 'CreditsDepleted',
    type: `${X}credits`,
    detail: 'The spending limit of this app is reached.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too Many Requests',
    type: 'about:blank',
    detail: 'Too Many Requests',
  },
  'usage-capped': {
    status: 429,
    title: 'UsageCapExceeded',
    type: `${X}usage-capped`,
    detail: 'Usage cap exceeded.',
  },
  'ledger-unavailable': {
    status: 503,
    title: 'Service Unavailable',
    type: 'about:blank',
    detail: 'The ledger cannot record calls now, so nothing is served. Try again later.',
  },
  'storage-unavailable': {
    status: 503,
    title: 'Service Unavailable',
    type: 'about:blank',
    detail: 'The disk cannot take changes now, and none of this request was kept. Try again later.',
  },
  'network-unavailable': {
    status: 503,
    title: 'Service Unavailable',
    type: 'about:blank',
    detail:
      'The network behind this API has not confirmed the change yet. It will be asked until it does; do not send it again as a new one.',
  },
  overloaded: {
    status: 503,
    title: 'Service Unavailable',
    type: 'about:blank',
    detail: 'Too much work is waiting. Try again after the time in Retry-After.',
  },
  internal: {
    status: 500,
    title: 'Internal Server Error',
    type: 'about:blank',
    detail: 'Something went wrong here. It has been logged.',
  },
} satisfies Record<string, Row>;

export type ProblemCode = keyof typeof problems;

/** A refusal that becomes a reply. Fields beside the catalogue's go into the body; `cause` only into the log. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly fields: Record<string, unknown>;
  readonly headers: Record<string, string>;

  constructor(
    code: ProblemCode,
    fields: Record<string, unknown> = {},
    options: { cause?: unknown; headers?: Record<string, string> } = {},
  ) {
    super(typeof fields.detail === 'string' ? fields.detail : problems[code].detail, {
      cause: options.cause,
    });
    this.code = code;
    this.status = problems[code].status;
    this.fields = fields;
    this.headers = options.headers ?? {};
  }

  /**
   * True for what the operator's log has to say. Refusals are not; nor what every caller gets while a queue is full
   * or the journal has failed, which the log has said once.
   */
  get isLogged(): boolean {
    return this.status >= 500 && this.code !== 'overloaded' && this.code !== 'ledger-unavailable';
  }

  /** The reply's body, in X's shape: `invalid-request` carries no status, every other one does. */
  body(): Record<string, unknown> {
    const { status, title, type, detail } = problems[this.code];
    const base = { title, type, detail, ...this.fields };
    return status === 400 ? base : { ...base, status };
  }
}

/** The refusal of a caller that finds a queue, or its own share of it, full. @param retryAfterSeconds how long it is told to wait. */
export function overloaded(retryAfterSeconds: number): Problem {
  return new Problem('overloaded', {}, { headers: { 'retry-after': String(retryAfterSeconds) } });
}
