import { readFileSync } from 'node:fs';

/**
 * A client's own type declarations (`.d.ts`), read as far as they describe JSON: interfaces, objects, lists, unions,
 * literals. What they say otherwise (generics, functions) counts as anything.
 */
type Shape =
  | { is: 'any' }
  | { is: 'literal'; value: string }
  | { is: 'primitive'; name: string }
  | { is: 'list'; of: Shape }
  | { is: 'object'; fields: Map<string, { optional: boolean; shape: Shape }> }
  | { is: 'either' | 'both'; shapes: Shape[] }
  | { is: 'named'; name: string };

const ANY: Shape = { is: 'any' };
const TOKEN = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[\w$]+|\[\]|=>|[^\s\w$]/g;

export type DeclaredTypes = {
  has(name: string): boolean;
  /** What of a value the type does not declare, one line each: unknown fields, missing ones, values of another kind. */
  differences(value: unknown, name: string): string[];
};

/** @param files paths of `.d.ts` files; a name that two of them declare is the last one's. */
export function declaredTypes(files: readonly string[]): DeclaredTypes {
  const shapes = new Map<string, Shape>();
  for (const file of files) readFile(readFileSync(file, 'utf8'), shapes);
  return {
    has: (name) => shapes.has(name),
    differences: (value, name) => compare(value, { is: 'named', name }, shapes, '$'),
  };
}

function readFile(source: string, shapes: Map<string, Shape>): void {
  const text = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const DECLARED = /^(?:export )?(?:declare )?(interface|type) ([\w$]+)( extends ([\w$, ]+))?\s*(=|(?=\{))/gm;
  for (const match of text.matchAll(DECLARED)) {
    const [whole, , name = '', , bases = ''] = match;
    const shape = reader(text.slice(match.index + whole.length)).union();
    const extended = bases
      .split(',')
      .filter((base) => base.trim() !== '')
      .map((base): Shape => ({ is: 'named', name: base.trim() }));
    shapes.set(name, extended.length > 0 ? { is: 'both', shapes: [...extended, shape] } : shape);
  }
}

function reader(text: string) {
  const tokens = text.matchAll(TOKEN);
  let next = tokens.next().value?.[0];
  const take = (): string => {
    const token = next ?? '';
    next = tokens.next().value?.[0];
    return token;
  };

  /** Reads on where the next token is this one. */
  const takes = (token: string): boolean => next === token && take() === token;

  function union(): Shape {
    takes('|');
    const shapes = [intersection()];
    while (takes('|')) shapes.push(intersection());
    return shapes.length === 1 ? shapes[0]! : { is: 'either', shapes };
  }

  function intersection(): Shape {
    const shapes = [suffixed()];
    while (takes('&')) shapes.push(suffixed());
    return shapes.length === 1 ? shapes[0]! : { is: 'both', shapes };
  }

  function suffixed(): Shape {
    let shape = single();
    while (takes('[]')) shape = { is: 'list', of: shape };
    return shape;
  }

  function single(): Shape {
    const token = take();
    if (token === '(') {
      const inner = union();
      take();
      return inner;
    }
    if (token === '{') return object();
    if (token === '[') {
      while (take() !== ']');
      return { is: 'list', of: ANY };
    }
    if (/^["']/.test(token)) return { is: 'literal', value: token.slice(1, -1) };
    if (!takes('<')) return named(token);
    const first = union();
    while (takes(',')) union();
    takes('>');
    return token === 'Array' ? { is: 'list', of: first } : ANY;
  }

  function object(): Shape {
    const fields = new Map<string, { optional: boolean; shape: Shape }>();
    while (next !== '}' && next !== undefined) {
      const name = take().replace(/^["']|["']$/g, '');
      const optional = takes('?');
      // An index signature, a method: nothing of it is JSON that could be compared.
      if (name === '[' || !takes(':')) {
        for (let depth = 1; depth > 0 && next !== undefined; ) {
          const token = take();
          if (token === '{') depth += 1;
          if (token === '}') depth -= 1;
        }
        return ANY;
      }
      fields.set(name, { optional, shape: union() });
      if (!takes(';')) takes(',');
    }
    takes('}');
    return { is: 'object', fields };
  }

  return { union };
}

function named(name: string): Shape {
  if (['string', 'number', 'boolean', 'null'].includes(name)) return { is: 'primitive', name };
  return name === 'any' || name === 'unknown' ? ANY : { is: 'named', name };
}

function compare(value: unknown, shape: Shape, shapes: ReadonlyMap<string, Shape>, at: string): string[] {
  switch (shape.is) {
    case 'any':
      return [];
    case 'named':
      return compare(value, shapes.get(shape.name) ?? ANY, shapes, at);
    case 'literal':
      return value === shape.value ? [] : [`${at}: ${JSON.stringify(value)} is not "${shape.value}"`];
    case 'primitive': {
      const kind = value === null ? 'null' : typeof value;
      return kind === shape.name ? [] : [`${at}: a ${kind} for a ${shape.name}`];
    }
    case 'list':
      if (!Array.isArray(value)) return [`${at}: no list`];
      return value.flatMap((one, index) => compare(one, shape.of, shapes, `${at}[${index}]`));
    case 'either': {
      const all = shape.shapes.map((one) => compare(value, one, shapes, at));
      return all.reduce((best, one) => (one.length < best.length ? one : best));
    }
    case 'both':
    case 'object': {
      const fields = fieldsOf(shape, shapes);
      if (fields === undefined) return [];
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at}: no object`];
      const missing = [...fields].filter(([name, { optional }]) => !optional && !Object.hasOwn(value, name));
      return [
        ...missing.map(([name]) => `${at}.${name} is missing`),
        ...Object.entries(value).flatMap(([name, one]) => {
          const field = fields.get(name);
          return field
            ? compare(one, field.shape, shapes, `${at}.${name}`)
            : [`${at}.${name} is not declared`];
        }),
      ];
    }
  }
}

type Fields = Map<string, { optional: boolean; shape: Shape }>;

/** Undefined where not all fields are known. */
function fieldsOf(shape: Shape, shapes: ReadonlyMap<string, Shape>): Fields | undefined {
  if (shape.is === 'object') return shape.fields;
  if (shape.is === 'named') return fieldsOf(shapes.get(shape.name) ?? ANY, shapes);
  if (shape.is !== 'both') return undefined;
  const parts = shape.shapes.map((one) => fieldsOf(one, shapes));
  return parts.includes(undefined) ? undefined : new Map(parts.flatMap((part) => [...(part as Fields)]));
}
