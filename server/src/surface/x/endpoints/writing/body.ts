import type { Schema } from '../../document/schema.ts';
import { INVALID_MAX, type Invalid, invalid, invalidRequest } from '../../params/invalid.ts';
import { writingSchemas } from './schemas.ts';

/** Of what was wrong, so much is shown. */
const SHOWN_LENGTH_MAX = 100;

/**
 * Holds a body against its schema in the document, so that what is written there and what is taken never differ.
 * @throws `invalid-request` with one entry for each mistake, its place as X writes it: `$.reply.in_reply_to_tweet_id`.
 */
export function readBody<Body>(name: string, given: unknown): Body {
  return readBodyAs(writingSchemas[name] ?? {}, given);
}

/** The same with the schema itself, for bodies of other folders. */
export function readBodyAs<Body>(schema: Schema, given: unknown): Body {
  const errors: Invalid[] = [];
  check(schema, given, '$', errors);
  if (errors.length > 0) throw invalidRequest(errors);
  return given as Body;
}

/** The words of JSON Schema that the schemas of bodies here use, and no others. */
type Words = {
  type?: string;
  properties?: Record<string, Schema>;
  required?: readonly string[];
  items?: Schema;
  pattern?: string;
  enum?: readonly unknown[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
};

function check(schema: Schema, value: unknown, at: string, errors: Invalid[]): void {
  const words = schema as Words;
  const refuse = (why: string) => errors.push(invalid(at, [shown(value)], `${at}: ${why}`));
  const type = typeOf(value);
  if (words.type !== undefined && type !== words.type && !(type === 'integer' && words.type === 'number')) {
    refuse(`${type} found, ${words.type} expected`);
    return;
  }
  if (words.enum && !words.enum.includes(value))
    refuse(`does not have a value in the enumeration [${words.enum.join(', ')}]`);
  if (typeof value === 'string') checkText(words, value, refuse);
  else if (typeof value === 'number') checkNumber(words, value, refuse);
  else if (Array.isArray(value)) checkList(words, value, at, errors, refuse);
  else if (typeof value === 'object' && value !== null) checkObject(words, value as object, at, errors);
}

type Refuse = (why: string) => unknown;

function checkText({ pattern, minLength, maxLength }: Words, text: string, refuse: Refuse): void {
  if (pattern !== undefined && !new RegExp(pattern).test(text))
    refuse(`does not match the regex pattern ${pattern}`);
  if (minLength !== undefined && text.length < minLength)
    refuse(`must be at least ${minLength} characters long`);
  // Characters, not code units: an emoji is one.
  if (
    maxLength !== undefined &&
    text.length > maxLength &&
    [...text.slice(0, 4 * maxLength)].length > maxLength
  )
    refuse(`may only be ${maxLength} characters long`);
}

function checkNumber({ minimum, maximum }: Words, number: number, refuse: Refuse): void {
  if (minimum !== undefined && number < minimum) refuse(`must have a minimum value of ${minimum}`);
  if (maximum !== undefined && number > maximum) refuse(`must have a maximum value of ${maximum}`);
}

function checkList(words: Words, list: unknown[], at: string, errors: Invalid[], refuse: Refuse): void {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY, items = {} } = words;
  if (list.length < minItems) refuse(`there must be a minimum of ${minItems} items in the array`);
  if (list.length > maxItems) refuse(`there must be a maximum of ${maxItems} items in the array`);
  else
    for (const [index, one] of list.entries())
      if (errors.length < INVALID_MAX) check(items, one, `${at}[${index}]`, errors);
}

function checkObject(
  { properties = {}, required = [] }: Words,
  object: object,
  at: string,
  errors: Invalid[],
) {
  for (const name of required) {
    if (!Object.hasOwn(object, name))
      errors.push(invalid(`${at}.${name}`, [], `${at}.${name}: is missing but it is required`));
  }
  for (const name of Object.keys(object)) {
    // A body of 60,000 unknown names would hold up everybody for a tenth of a second.
    if (errors.length >= INVALID_MAX) return;
    const value = (object as Record<string, unknown>)[name];
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const where = `${at}.${name.slice(0, SHOWN_LENGTH_MAX)}`;
    if (property) check(property, value, where, errors);
    else {
      const known = Object.keys(properties).join(', ');
      const why = `is not defined in the schema and the schema does not allow additional properties; it has [${known}]`;
      errors.push(invalid(where, [shown(value)], `${where}: ${why}`));
    }
  }
}

/** As X's messages name types. */
function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.slice(0, SHOWN_LENGTH_MAX);
}
