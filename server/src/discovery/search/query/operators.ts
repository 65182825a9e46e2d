import { isUsername } from '#posts';
import { tokenise } from '../index/tokenise.ts';
import type { Flag, NumberField, PersonRelation, PostRelation, RangeField, Term, TextField } from './ast.ts';

/** The operators of the query language that are written `name:value`, and what each takes. */
export type QueryOperator = {
  /** Where it works; both when absent. */
  only?: 'search' | 'stream';
  /** Too general alone: needs a stand-alone clause beside it. */
  needsClause?: true;
  /** `-is:nullcast` is only ever negated, `sample:` never is. */
  negation?: 'always' | 'never';
  /** The term, or `undefined` when the value is not one that it takes. */
  read: (value: string) => Term | undefined;
  /** Ends the sentence "It takes …". */
  takes: string;
};

const ID = /^[0-9]{1,19}$/;
/** BCP 47 as far as posts carry it: a language and perhaps a script or region. */
const LANGUAGE = /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})?$/;
const COUNTRY = /^[A-Za-z]{2}$/;
const CONTEXT = /^(?:([0-9]{1,20}|\*)\.[0-9]{1,20}|[0-9]{1,20}\.\*)$/;
const WHOLE_NUMBER = /^[0-9]{1,10}$/;
const RANGE = /^([0-9]{1,10})(?:\.\.([0-9]{1,10}))?$/;
const SAMPLE_PERCENT_MAX = 100;
/** X takes at most 25 miles around a point. */
const RADIUS_MILES_MAX = 25;
const KM_PER_MILE = 1.609344;
/** Six decimals of a degree are 11 cm. */
const DEGREES = /^-?[0-9]{1,3}(?:\.[0-9]{1,20})?$/;
const LENGTH = /^([0-9]{1,4}(?:\.[0-9]{1,20})?)(mi|km)$/i;

function person(relation: PersonRelation, only?: 'stream'): QueryOperator {
  return {
    ...(only && { only }),
    read: (value) => {
      const who = value.replace(/^@/, '');
      return isUsername(who) ? { kind: 'person', relation, who } : undefined;
    },
    takes: 'a username or the id of a person',
  };
}

function post(relation: PostRelation, only?: 'search'): QueryOperator {
  return {
    ...(only && { only }),
    read: (value) => (ID.test(value) ? { kind: 'post', relation, id: String(BigInt(value)) } : undefined),
    takes: 'the id of a post',
  };
}

function text(
  field: TextField,
  takes: string,
  rest: Partial<QueryOperator> = {},
  pattern?: RegExp,
): QueryOperator {
  const fits = (value: string): boolean =>
    pattern ? pattern.test(value) : tokenise(value, 'search').length > 0;
  return { read: (value) => (fits(value) ? { kind: 'text', field, value } : undefined), takes, ...rest };
}

function atLeast(field: NumberField): QueryOperator {
  return {
    only: 'search',
    read: (value) => (WHOLE_NUMBER.test(value) ? { kind: 'number', field, least: Number(value) } : undefined),
    takes: 'a whole number',
  };
}

function range(field: RangeField): QueryOperator {
  return {
    only: 'stream',
    read: (value) => {
      const [, least, most] = RANGE.exec(value) ?? [];
      if (least === undefined || (most !== undefined && Number(most) < Number(least))) return undefined;
      return {
        kind: 'range',
        field,
        least: Number(least),
        ...(most !== undefined && { most: Number(most) }),
      };
    },
    takes: 'a whole number, or two as in 100..1000',
  };
}

const STREAM_WORDS = { only: 'stream' } as const;

const OPERATORS: Record<string, QueryOperator> = {
  from: person('from'),
  to: person('to'),
  retweets_of: person('retweets_of'),
  from_affiliate_of: person('from_affiliate_of', 'stream'),
  conversation_id: post('conversation_id'),
  in_reply_to_tweet_id: post('in_reply_to_tweet_id'),
  in_reply_to_status_id: post('in_reply_to_tweet_id'),
  retweets_of_tweet_id: post('retweets_of_tweet_id'),
  retweets_of_status_id: post('retweets_of_tweet_id'),
  quotes_of_tweet_id: post('quotes_of_tweet_id', 'search'),
  url: text('url', 'a part of an address'),
  context: text('context', 'domain.entity, where one of the two may be *', {}, CONTEXT),
  entity: text('entity', 'the name of an entity'),
  place: text('place', 'the name or the id of a place'),
  place_country: {
    read: (value) =>
      COUNTRY.test(value) ? { kind: 'text', field: 'place_country', value: value.toUpperCase() } : undefined,
    takes: 'a country code of two letters (ISO 3166-1)',
  },
  lang: {
    needsClause: true,
    read: (value) => (LANGUAGE.test(value) ? { kind: 'text', field: 'lang', value } : undefined),
    takes: 'a language code (BCP 47)',
  },
  list: text('list', 'the id of a list', { only: 'search' }, ID),
  min_likes: atLeast('min_likes'),
  min_replies: atLeast('min_replies'),
  min_reposts: atLeast('min_reposts'),
  sample: {
    only: 'stream',
    needsClause: true,
    negation: 'never',
    read: (value) => {
      const least = WHOLE_NUMBER.test(value) ? Number(value) : 0;
      return least >= 1 && least <= SAMPLE_PERCENT_MAX
        ? { kind: 'number', field: 'sample', least }
        : undefined;
    },
    takes: 'a percentage from 1 to 100',
  },
  bio: text('bio', 'words', STREAM_WORDS),
  bio_name: text('bio_name', 'words', STREAM_WORDS),
  bio_location: text('bio_location', 'words', STREAM_WORDS),
  url_title: text('url_title', 'words', STREAM_WORDS),
  url_description: text('url_description', 'words', STREAM_WORDS),
  url_contains: text('url_contains', 'a part of an address', STREAM_WORDS, /\S/),
  source: text('source', 'the name of an app', STREAM_WORDS, /\S/),
  followers_count: range('followers_count'),
  tweets_count: range('tweets_count'),
  following_count: range('following_count'),
  listed_count: range('listed_count'),
  point_radius: {
    read: readRadius,
    takes: `[longitude latitude radius], the radius with mi or km and at most ${RADIUS_MILES_MAX}mi`,
  },
  bounding_box: { read: readBox, takes: '[west south east north] in degrees' },
};

const FLAGS: Record<string, Flag> = {
  'is:retweet': 'is:retweet',
  'is:reply': 'is:reply',
  'is:quote': 'is:quote',
  'is:verified': 'is:verified',
  'is:nullcast': 'is:nullcast',
  'has:hashtags': 'has:hashtags',
  'has:cashtags': 'has:cashtags',
  'has:links': 'has:links',
  'has:mentions': 'has:mentions',
  'has:media': 'has:media',
  'has:images': 'has:images',
  'has:videos': 'has:videos',
  'has:video_link': 'has:videos',
  'has:geo': 'has:geo',
};

/** All operators that have a name, as they are written: `from:`, `has:links`. */
export const OPERATOR_NAMES: readonly string[] = [
  ...Object.keys(OPERATORS).map((name) => `${name}:`),
  ...Object.keys(FLAGS),
];

/** The operator of a name, which the caller has in lower case; for `is` and `has` the value belongs to the name. */
export function findOperator(name: string, value: string): QueryOperator | undefined {
  if (name !== 'is' && name !== 'has') return Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  const key = `${name}:${value.toLowerCase()}`;
  const flag = Object.hasOwn(FLAGS, key) ? FLAGS[key] : undefined;
  return (
    flag && {
      needsClause: true,
      ...(flag === 'is:nullcast' && { negation: 'always' }),
      read: () => ({ kind: 'flag', flag }),
      takes: '',
    }
  );
}

/** @param name in lower case. True for `is` and `has` too, whatever stands behind them. */
export function isOperatorName(name: string): boolean {
  return name === 'is' || name === 'has' || Object.hasOwn(OPERATORS, name);
}

/** The name under which a refused operator is reported: `has:polls`, but `sample` without its value. */
export function reportedName(name: string, value: string): string {
  return /^(is|has)$/i.test(name) ? `${name}:${value}` : name;
}

function degrees(text: string | undefined, most: number): number | undefined {
  if (text === undefined || !DEGREES.test(text)) return undefined;
  const value = Number(Number(text).toFixed(6)) + 0;
  return Math.abs(value) <= most ? value : undefined;
}

function bracketed(value: string): string[] | undefined {
  return /^\[[^[\]]*\]$/.test(value) ? value.slice(1, -1).trim().split(/\s+/) : undefined;
}

function readRadius(value: string): Term | undefined {
  const parts = bracketed(value);
  if (parts?.length !== 3) return undefined;
  const longitude = degrees(parts[0], 180);
  const latitude = degrees(parts[1], 90);
  const [, size, unitText] = LENGTH.exec(parts[2] ?? '') ?? [];
  if (longitude === undefined || latitude === undefined || size === undefined) return undefined;
  const unit = unitText!.toLowerCase() === 'mi' ? 'mi' : 'km';
  const radius = Number(Number(size).toFixed(6));
  const miles = unit === 'mi' ? radius : radius / KM_PER_MILE;
  return miles > 0 && miles <= RADIUS_MILES_MAX
    ? { kind: 'radius', longitude, latitude, radius, unit }
    : undefined;
}

function readBox(value: string): Term | undefined {
  const parts = bracketed(value);
  if (parts?.length !== 4) return undefined;
  const west = degrees(parts[0], 180);
  const south = degrees(parts[1], 90);
  const east = degrees(parts[2], 180);
  const north = degrees(parts[3], 90);
  if (west === undefined || south === undefined || east === undefined || north === undefined)
    return undefined;
  return west < east && south < north ? { kind: 'box', west, south, east, north } : undefined;
}
