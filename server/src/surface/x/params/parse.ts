import { isId } from '#kernel';
import { isUsername, USERNAME_PATTERN } from '#posts';
import { type Dialect, wordSet } from '../vocabulary.ts';
import { INVALID_MAX, type Invalid, invalid } from './invalid.ts';
import type { Parameter, Parameters, Values, Words } from './parameter.ts';

/** More pairs than any endpoint has parameters; the rest of a flood is not even looked at. */
const PAIRS_MAX = 64;
const RFC3339 = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/i;

/**
 * Reads a raw query string by its declarations.
 * @param raw all after `?`, still encoded; Node's own parser refuses what is not ASCII.
 * @returns the values, and every mistake with X's own message for it.
 */
export function parseQuery<D extends Parameters>(
  declared: D,
  raw: string,
): { values: Values<D>; errors: Invalid[] } {
  const errors: Invalid[] = [];
  const given = readPairs(raw, errors);
  const values: Record<string, unknown> = {};
  const known = new Set<string>();
  for (const [as, parameter] of Object.entries(declared)) {
    if (parameter.in === 'path') continue;
    const spelled = parameter.also && given.has(parameter.also) ? parameter.also : parameter.name;
    known.add(parameter.name);
    if (parameter.also) known.add(parameter.also);
    if (given.get(spelled) === UNREADABLE) continue;
    const texts = [
      ...(given.get(parameter.name) ?? []),
      ...((parameter.also && given.get(parameter.also)) || []),
    ];
    values[as] = readParameter(parameter, spelled, texts, errors);
  }
  for (const [name, texts] of given) {
    if (!known.has(name) && texts !== UNREADABLE) {
      errors.push(invalid(name, texts, `The query parameter [${name}] is not one of [${namesOf(declared)}]`));
    }
  }
  return { values: values as Values<D>, errors };
}

const patterns = new Map<string, RegExp>();

/** Declared patterns are few, and our own. */
function patternOf(pattern: string): RegExp {
  let compiled = patterns.get(pattern);
  if (!compiled) {
    // As JSON Schema reads patterns: by Unicode's rules.
    compiled = new RegExp(pattern, 'u');
    patterns.set(pattern, compiled);
  }
  return compiled;
}

/** Reads one parameter of a path, already decoded by the router. */
export function parsePath(parameter: Parameter, text: string): Invalid | undefined {
  const errors: Invalid[] = [];
  readValue(parameter, parameter.name, text, errors);
  return errors[0];
}

function namesOf(declared: Parameters): string {
  const names = Object.values(declared).flatMap((one) => (one.also ? [one.name, one.also] : [one.name]));
  return names.sort().join(',');
}

/** Stands for values that were refused already. */
const UNREADABLE: string[] = [];

function readPairs(raw: string, errors: Invalid[]): Map<string, string[]> {
  const given = new Map<string, string[]>();
  if (raw === '') return given;
  const pairs = raw.split('&', PAIRS_MAX + 1);
  if (pairs.length > PAIRS_MAX) {
    errors.push(invalid('query', [], `The number of query parameters is not between 0 and ${PAIRS_MAX}`));
    return given;
  }
  for (const pair of pairs) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const rawName = equals < 0 ? pair : pair.slice(0, equals);
    const rawValue = equals < 0 ? '' : pair.slice(equals + 1);
    const name = decode(rawName);
    const value = decode(rawValue);
    if (name === undefined || value === undefined) {
      const shown = name ?? rawName;
      const message = `The \`${shown}\` query parameter value [${rawValue}] is not percent-encoded UTF-8`;
      errors.push(invalid(shown, [rawValue], message));
      given.set(shown, UNREADABLE);
      continue;
    }
    const values = given.get(name);
    if (values && values !== UNREADABLE) values.push(value);
    else if (!values) given.set(name, [value]);
  }
  return given;
}

/** `application/x-www-form-urlencoded`; undefined for what is not percent-encoded UTF-8. */
function decode(text: string): string | undefined {
  if (!text.includes('%')) return text.includes('+') ? text.replaceAll('+', ' ') : text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function readParameter(
  parameter: Parameter,
  name: string,
  texts: readonly string[],
  errors: Invalid[],
): unknown {
  if (texts.length > 1) {
    errors.push(
      invalid(name, texts, `Duplicate parameters are not allowed: the \`${name}\` query parameter`),
    );
    return undefined;
  }
  const text = texts[0];
  if (text === undefined || (text === '' && parameter.required)) {
    if (parameter.required) errors.push(missing(parameter, text));
    return 'fallback' in parameter ? parameter.fallback : undefined;
  }
  return readValue(parameter, name, text, errors);
}

function missing(parameter: Parameter, text: string | undefined): Invalid {
  const { name } = parameter;
  return parameter.kind === 'query'
    ? invalid(name, [text ?? ''], `Invalid '${name}':'${text ?? ''}'. '${name}' must be a non-empty string`)
    : invalid(name, text === undefined ? [] : [text], `The \`${name}\` query parameter can not be empty`);
}

function readValue(parameter: Parameter, name: string, text: string, errors: Invalid[]): unknown {
  const refuse = (value: string, why: string): undefined => {
    errors.push(invalid(name, [value], `The \`${name}\` query parameter value [${value}] ${why}`));
  };
  switch (parameter.kind) {
    case 'id':
      return isId(text) ? text : refuse(text, 'is not valid');
    case 'username':
      return isUsername(text) ? text : refuse(text, `does not match ${USERNAME_PATTERN}`);
    case 'pattern':
      return patternOf(parameter.pattern).test(text)
        ? text
        : refuse(text, `does not match ${parameter.pattern}`);
    case 'ids':
      return readList(parameter.max, name, text, errors, (one) => isId(one) || refuse(one, 'is not valid'));
    case 'usernames':
      return readList(
        parameter.max,
        name,
        text,
        errors,
        (one) => isUsername(one) || refuse(one, `does not match ${USERNAME_PATTERN}`),
      );
    case 'integer': {
      if (!/^-?[0-9]{1,15}$/.test(text)) return refuse(text, 'is not a valid integer');
      const number = Number(text);
      if (number >= parameter.min && number <= parameter.max) return number;
      return refuse(text, `is not between ${parameter.min} and ${parameter.max}`);
    }
    case 'time':
      return (
        readTime(text) ?? refuse(text, 'is not a valid RFC 3339 date-time, such as 2026-11-21T10:00:00Z')
      );
    case 'one':
      return parameter.of.includes(text) ? text : refuse(text, `is not one of [${parameter.of.join(',')}]`);
    case 'words':
      return readWords(parameter, name, text, refuse);
    case 'query':
    case 'token':
      return text;
  }
}

function readList(
  max: number,
  name: string,
  text: string,
  errors: Invalid[],
  check: (one: string) => unknown,
): readonly string[] {
  const list = text.split(',');
  if (list.length > max) {
    const message = `The number of values in the \`${name}\` query parameter list [${list.length}] is not between 1 and ${max}`;
    errors.push(invalid(name, list.slice(0, INVALID_MAX), message));
  } else {
    for (const one of list) check(one);
  }
  return list;
}

/** An unescaped `+` of an offset arrives as a space. @returns Unix ms, or undefined for what is no such moment. */
export function readTime(text: string): number | undefined {
  const match = RFC3339.exec(text.replace(/ (\d{2}:\d{2})$/, '+$1'));
  if (!match) return undefined;
  const [whole, day = '', hour = ''] = match;
  // JavaScript rolls 30 February over into March; such a day does not exist.
  const dayMs = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(dayMs) || new Date(dayMs).toISOString().slice(0, 10) !== day || hour > '23')
    return undefined;
  const ms = Date.parse(whole.toUpperCase());
  return Number.isNaN(ms) ? undefined : ms;
}

function readWords(
  parameter: Parameter & { kind: 'words' },
  name: string,
  text: string,
  refuse: (value: string, why: string) => undefined,
): Words {
  const byName: Dialect | undefined = parameter.also
    ? name === parameter.also
      ? 'current'
      : 'classic'
    : undefined;
  let dialect = byName;
  const words: string[] = [];
  let listed: string | undefined;
  let refused = 0;
  for (const one of text.split(',')) {
    const entry = parameter.of.read.get(one);
    if (entry) {
      words.push(entry.word);
      // A current word outweighs classic ones: a current client still sends those that its document never renamed.
      if (!byName && dialect !== 'current') dialect = entry.dialect ?? dialect;
    } else {
      listed ??= parameter.of.words
        .map((word) => parameter.of.spell(word, byName ?? 'classic'))
        .sort()
        .join(',');
      refuse(one, `is not one of [${listed}]`);
      refused += 1;
      // Each takes a whole list of words to tell: 30,000 of them held up everybody for a tenth of a second.
      if (refused >= INVALID_MAX) break;
    }
  }
  return { set: wordSet(words), dialect };
}
