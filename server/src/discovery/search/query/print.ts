import type { Query, Term } from './ast.ts';

/** A value that needs no quotes whatever operator it follows. */
const BARE_VALUE = /^[A-Za-z0-9._*-]+$/;

/**
 * The canonical text of a query: parsing it gives the same tree again, and two texts of the same tree print alike.
 * Page tokens and stream rules are compared by it.
 */
export function print(query: Query): string {
  if (query.kind === 'or') return query.of.map(print).join(' OR ');
  if (query.kind === 'and') return query.of.map(printInside).join(' ');
  if (query.kind === 'not')
    return `-${query.of.kind === 'and' ? `(${print(query.of)})` : printInside(query.of)}`;
  return printTerm(query);
}

function printInside(query: Query): string {
  return query.kind === 'or' ? `(${print(query)})` : print(query);
}

function printTerm(term: Term): string {
  switch (term.kind) {
    case 'keyword':
      return term.text;
    case 'phrase':
      return quote(term.text) + (term.within === undefined ? '' : `~${term.within}`);
    case 'hashtag':
      return `#${term.tag}`;
    case 'cashtag':
      return `$${term.tag}`;
    case 'mention':
      return `@${term.username}`;
    case 'person':
      return `${term.relation}:${term.who}`;
    case 'post':
      return `${term.relation}:${term.id}`;
    case 'flag':
      return term.flag;
    case 'text':
      return `${term.field}:${BARE_VALUE.test(term.value) ? term.value : quote(term.value)}`;
    case 'number':
      return `${term.field}:${term.least}`;
    case 'range':
      return `${term.field}:${term.least}${term.most === undefined ? '' : `..${term.most}`}`;
    case 'radius':
      return `point_radius:[${term.longitude} ${term.latitude} ${term.radius}${term.unit}]`;
    case 'box':
      return `bounding_box:[${term.west} ${term.south} ${term.east} ${term.north}]`;
  }
}

/** As a phrase or a quoted value. */
export function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
