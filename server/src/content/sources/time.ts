import { FIRST_SNOWFLAKE, idTime } from '#kernel';
import { BadRecord, quote } from './value.ts';

/** When X began to put the time into ids (2010-11-04), with a day for good measure. */
const SNOWFLAKES_SINCE_MS = Date.UTC(2010, 10, 6);
/** An id and its created_at come from the same moment; archives round to the second, and clocks of one platform differ a little. */
export const TIME_TOLERANCE_MS = 60_000;
/** Spreadsheets keep days or local times without their zone. */
export const TABLE_TIME_TOLERANCE_MS = 36 * 3_600_000;
/** A clock may be ahead by a time zone, not by years: such a post would sit on top of every page. */
const FUTURE_MAX_MS = 86_400_000;

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$/i;
/** X v1.1, Ruby's and C's: `Wed Oct 10 20:19:24 +0000 2018`, `Mon Apr 06 22:19:45 PDT 2009`. */
const ASCTIME =
  /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) ([+-]\d{4}|[A-Z]{3}) (\d{4})$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** RFC 5322, section 4.3. Hours east of UTC. */
const ZONES: Record<string, number> = {
  UTC: 0,
  GMT: 0,
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
};

/**
 * Unix ms of a time as sources write it: ISO 8601 (without a zone: UTC), X v1.1's form, or Unix seconds or
 * milliseconds. Undefined for anything else, `03/04/2020` included, which means two days.
 */
export function parseTime(value: unknown): number | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.getTime();
  if (typeof value === 'number' || typeof value === 'bigint') return unixTime(Number(value));
  if (typeof value !== 'string') return undefined;
  // X's own form, by far the most common, without the patterns below. Date.parse takes February the 30th for a day in March.
  if (value.length === 24 && value[10] === 'T' && value[23] === 'Z' && value.slice(8, 10) <= '28') {
    const ms = Date.parse(value);
    return Number.isNaN(ms) ? undefined : ms;
  }
  const text = value.trim();
  if (/^\d{9,16}(\.\d+)?$/.test(text)) return unixTime(Number(text));
  const iso = ISO.exec(text);
  if (iso) {
    const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = iso;
    return utc(+year!, +month! - 1, +day!, +hour, +minute, +second, +`${fraction}000`.slice(0, 3), zone);
  }
  const asc = ASCTIME.exec(text);
  if (!asc) return undefined;
  const [, month, day, hour, minute, second, zone, year] = asc;
  return utc(+year!, MONTHS.indexOf(month!), +day!, +hour!, +minute!, +second!, 0, zone!);
}

function utc(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  ms: number,
  zone: string,
): number | undefined {
  const offset = zoneMs(zone);
  // 60 is a leap second.
  if (offset === undefined || hour > 24 || minute > 59 || second > 60) return undefined;
  const date = new Date(Date.UTC(year, month, day));
  if (date.getUTCMonth() !== month || date.getUTCDate() !== day) return undefined;
  return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + ms - offset;
}

function zoneMs(zone: string): number | undefined {
  const named = zone.toUpperCase();
  if (named === 'Z') return 0;
  if (ZONES[named] !== undefined) return ZONES[named] * 3_600_000;
  const digits = /^([+-])(\d\d):?(\d\d)?$/.exec(zone);
  return digits
    ? (digits[1] === '-' ? -1 : 1) * (Number(digits[2]) * 60 + Number(digits[3] ?? 0)) * 60_000
    : undefined;
}

/** Seconds until the year 2286, milliseconds from 2001 on: the two never overlap. */
function unixTime(number: number): number | undefined {
  if (!Number.isFinite(number) || number <= 0) return undefined;
  if (number < 1e10) return Math.round(number * 1000);
  return number >= 9e11 && number < 1e13 ? Math.round(number) : undefined;
}

export function isSnowflake(id: string): boolean {
  return id.length > 11 || (id.length === 11 && BigInt(id) >= FIRST_SNOWFLAKE);
}

/** True if this id could have been given out at this moment. */
export function idFitsTime(id: string, ms: number, toleranceMs: number): boolean {
  return isSnowflake(id) ? Math.abs(idTime(id) - ms) <= toleranceMs : ms < SNOWFLAKES_SINCE_MS;
}

/**
 * When a post was made. For a snowflake it is the id's own time, and `created_at` must agree with it: search finds
 * posts by the time in their ids, so one that disagrees would be found where nobody looks.
 * @param given Unix ms of `created_at`, if the source gave one.
 */
export function postTime(
  id: string,
  given: number | undefined,
  now: number,
  toleranceMs = TIME_TOLERANCE_MS,
): number {
  if (given !== undefined && !idFitsTime(id, given, toleranceMs)) {
    const says = new Date(given).toISOString();
    throw new BadRecord(
      isSnowflake(id)
        ? `id ${id} was made at ${new Date(idTime(id)).toISOString()} and created_at says ${says}: a post's id must be a snowflake of its time`
        : `id ${id} is from before November 2010 and created_at says ${says}: a newer post's id must be a snowflake of its time`,
    );
  }
  if (given === undefined && !isSnowflake(id))
    throw new BadRecord(`created_at is missing, and id ${id} carries no time`);
  const ms = isSnowflake(id) ? idTime(id) : given!;
  if (ms > now + FUTURE_MAX_MS)
    throw new BadRecord(`created_at lies in the future: ${new Date(ms).toISOString()}`);
  return ms;
}

/** A time field of a record; absent is undefined, nonsense is refused. */
export function optionalTime(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const ms = parseTime(value);
  if (ms === undefined) throw new BadRecord(`${name} is ${quote(value)}: write 2026-11-21T10:00:00.000Z`);
  return ms;
}
