import { randomBytes } from 'node:crypto';
import { isLogName } from '#ledger';

const LOG_LENGTH_MAX = 40;
/** Names that addresses under `/ledger` may need; the ledger knows those that its folder has. */
const LOGS_RESERVED = ['root', 'receipts', 'openings'];

/** A log's name for a licensee's: its letters and digits in lower case, with a suffix when it is taken. */
export function logName(name: string, isTaken: (log: string) => boolean): string {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, LOG_LENGTH_MAX)
    .replace(/^-+|-+$/g, '');
  const log = slug === '' ? 'licensee' : slug;
  return isTaken(log) || LOGS_RESERVED.includes(log) || !isLogName(log)
    ? `${log}-${randomBytes(4).toString('hex')}`
    : log;
}
