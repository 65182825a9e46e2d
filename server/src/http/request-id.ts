import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { redacted } from './redact.ts';

/** Carries a request's id both ways: a proxy's or client's own if it is sane, ours otherwise. */
export const REQUEST_ID_HEADER = 'x-request-id';

/** UUIDs, ULIDs and trace ids of proxies fit; it is repeated in a header and in each log line of the request. */
const REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._:;=@+/-]{0,63}$/;
const PREFIX_BYTES = 6;

/**
 * Makes the function that gives each request its id.
 * @param prefix tells the ids of two processes apart.
 */
export function requestIds(
  prefix = randomBytes(PREFIX_BYTES).toString('hex'),
): (message?: Pick<IncomingMessage, 'headers'>) => string {
  let count = 0;
  return (message) => {
    const given = message?.headers[REQUEST_ID_HEADER];
    if (given !== undefined && isSane(given)) return given as string;
    count += 1;
    return `${prefix}-${count.toString(36)}`;
  };
}

/** A credential sent as a request id would end up in the log. */
function isSane(given: string | string[]): boolean {
  return typeof given === 'string' && REQUEST_ID.test(given) && redacted(given) === given;
}
