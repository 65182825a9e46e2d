import { isId, Problem } from '#kernel';

export type ListInput = { name?: string; description?: string; private?: boolean };

function fail(detail: string): never {
  throw new Problem('body-invalid', { detail });
}

function objectOf(body: unknown): Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) fail('The body is a JSON object.');
  return body as Record<string, unknown>;
}

/**
 * Reads `{name, description, private}`; clients send null for what they leave out. How long texts may be is for the
 * network. Throws Problem `body-invalid` that says what is wrong.
 */
function readList(body: unknown): ListInput {
  const given = objectOf(body);
  const { name, description } = given;
  const isPrivate = given.private;
  if (!isAbsent(name) && typeof name !== 'string') fail('`name` is text.');
  if (!isAbsent(description) && typeof description !== 'string') fail('`description` is text.');
  if (!isAbsent(isPrivate) && typeof isPrivate !== 'boolean') fail('`private` is true or false.');
  return {
    ...(typeof name === 'string' && { name }),
    ...(typeof description === 'string' && { description }),
    ...(typeof isPrivate === 'boolean' && { private: isPrivate }),
  };
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

/** A list that is yet to be made. */
export function readNewList(body: unknown): ListInput & { name: string } {
  const { name, ...rest } = readList(body);
  if (name === undefined) fail('`name` is missing.');
  return { name, ...rest };
}

/** A change of a list: it says at least one thing. */
export function readListChange(body: unknown): ListInput {
  const change = readList(body);
  if (Object.keys(change).length === 0) fail('The body has `name`, `description` or `private`.');
  return change;
}

/** Reads the one id of a body: `{"user_id": "…"}`. */
export function readId(body: unknown, name: 'user_id' | 'list_id'): string {
  const id = objectOf(body)[name];
  if (typeof id !== 'string' || !isId(id)) fail(`\`${name}\` is an id, written as text.`);
  return id;
}
