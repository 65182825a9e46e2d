import type { CutBy } from '#terms';
import { type Dialect, PERSON_EXPANSIONS, POST_EXPANSIONS } from '../vocabulary.ts';

/**
 * Partial errors: entries of `errors` in a 200, one for each thing that was asked for and is not in the answer.
 * Texts and shapes as recorded from X, double spaces and all; clients compare them.
 */
const PROBLEMS = 'https://api.twitter.com/2/problems/';

export type PartialError = {
  value: string;
  detail: string;
  title: string;
  resource_type: 'tweet' | 'user' | 'list' | 'media' | 'place' | 'poll' | 'compliance_job';
  parameter: string;
  resource_id: string;
  section?: 'data' | 'includes';
  field?: string;
  type: string;
};

/** Where something was asked for: the parameter or the expansion that named it, and what it named. */
export type Sought = {
  resource: PartialError['resource_type'];
  parameter: string;
  value: string;
  section: 'data' | 'includes';
};

export function soughtPerson(value: string, parameter: string): Sought {
  return { resource: 'user', parameter, value, section: 'data' };
}

/** It never was, was deleted, or may not be seen for a reason that is nobody's business. */
export function notFound({ resource, parameter, value }: Sought): PartialError {
  return {
    value,
    detail: `Could not find ${resource} with ${parameter}: [${value}].`,
    title: 'Not Found Error',
    resource_type: resource,
    parameter,
    resource_id: value,
    type: `${PROBLEMS}resource-not-found`,
  };
}

/** It exists, and its author shows it to followers only. */
export function notAuthorized({ resource, parameter, value, section }: Sought): PartialError {
  const thing = resource === 'tweet' ? 'Tweet' : resource;
  const gap = section === 'includes' ? '  ' : ' ';
  return {
    value,
    detail: `Sorry, you are not authorized to see the ${thing} with${gap}${parameter}: [${value}].`,
    title: 'Authorization Error',
    resource_type: resource,
    parameter,
    resource_id: value,
    section,
    type: `${PROBLEMS}not-authorized-for-resource`,
  };
}

export function suspended({ resource, parameter, value }: Sought): PartialError {
  return {
    value,
    detail: `User has been suspended: [${value}].`,
    title: 'Forbidden',
    resource_type: resource,
    parameter,
    resource_id: value,
    type: `${PROBLEMS}resource-not-found`,
  };
}

/** A field that only the author may read, on one thing that was answered. */
export function fieldNotAuthorized(
  { resource, parameter, value, section }: Sought,
  field: string,
): PartialError {
  const thing = resource === 'tweet' ? 'Tweet' : resource;
  return {
    value,
    detail: `Sorry, you are not authorized to access '${field}' on the ${thing} with ${parameter} : [${value}].`,
    title: 'Field Authorization Error',
    resource_type: resource,
    parameter,
    resource_id: value,
    section,
    field,
    type: `${PROBLEMS}not-authorized-for-field`,
  };
}

const LIMITS = {
  cap: ['The monthly cap of this app', 'UsageCapExceeded', 'usage-capped'],
  'spending-limit': ['The spending limit of this app', 'CreditsDepleted', 'credits'],
  sandbox: ['The daily cap of sandbox keys', 'UsageCapExceeded', 'usage-capped'],
} as const satisfies Record<CutBy, unknown>;

/** It was found, but the app's cap or limit was used up before it. Not delivered, not billed. */
export function capReached(
  { resource, parameter, value, section }: Sought,
  cutBy: CutBy = 'cap',
): PartialError {
  const [limit, title, type] = LIMITS[cutBy];
  return {
    value,
    detail: `${limit} was reached before this ${resource}: [${value}]. It was not delivered and not billed.`,
    title,
    resource_type: resource,
    parameter,
    resource_id: value,
    section,
    type: `${PROBLEMS}${type}`,
  };
}

/** The first of a page's items that did not fit any more, if there is one. `next_token` goes on with it. */
export function pageCut(
  resource: 'tweet' | 'user',
  left: readonly { id: string }[],
  cutBy: CutBy | undefined,
): PartialError[] {
  const [first] = left;
  if (!first) return [];
  const error = capReached({ resource, parameter: 'id', value: first.id, section: 'data' }, cutBy);
  const detail = `${LIMITS[cutBy ?? 'cap'][0]} was reached within this page: from [${first.id}] on ${left.length} of it were left out, not delivered and not billed. Its next_token goes on there.`;
  return [{ ...error, detail }];
}

/** The first of those that one answer does not bring along any more. */
export function tooMany({ resource, parameter, value, section }: Sought, most: number): PartialError {
  return {
    value,
    detail: `An answer brings along at most ${most} of resource ${resource}: from [${value}] on they are left out. Ask for fewer items at once, or look the others up.`,
    title: 'Partial Result',
    resource_type: resource,
    parameter,
    resource_id: value,
    section,
    type: 'about:blank',
  };
}

/** The error with the expansion that it names as a dialect writes it: as it was asked for. */
export function spelled(error: PartialError, dialect: Dialect): PartialError {
  const { parameter, detail } = error;
  const name = POST_EXPANSIONS.spell(PERSON_EXPANSIONS.spell(parameter, dialect), dialect);
  return name === parameter ? error : { ...error, parameter: name, detail: detail.replace(parameter, name) };
}
