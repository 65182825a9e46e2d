import { tokenise } from '../index/tokenise.ts';
import type { Query, Term } from './ast.ts';
import { check, type Facts } from './check.ts';
import { lex, type Token } from './lex.ts';
import { findOperator, isOperatorName, reportedName } from './operators.ts';
import { quote } from './print.ts';

export type ParseOptions = {
  /** `search` for the search and counts endpoints, `stream` for stream rules: they differ in operators. */
  mode: 'search' | 'stream';
  /** Characters (code points) that the caller's plan allows. */
  lengthMax: number;
};

/** A refusal is a result. `message` is the whole sentence of X's 400 reply, `errors` its parts (for stream rules). */
export type ParseResult = { ok: true; query: Query } | { ok: false; message: string; errors: string[] };

/** More clauses than fit into X's longest query of words of three letters. Bounds the index's work. */
export const TERMS_MAX = 1024;
/** Parentheses and minus signs within each other: the parser's own stack. */
export const NESTING_MAX = 100;
/** X's limit on the N of `"a b"~N`. */
const WITHIN_MAX = 6;

/** Reads a query of X's language. Messages and positions are as X sends them, where they are on record. */
export function parse(source: string, options: ParseOptions): ParseResult {
  if (source.trim() === '') {
    const message = `Invalid 'query':'${source}'. 'query' must be a non-empty string`;
    return { ok: false, message, errors: [message] };
  }
  // Counted only when it could matter: a code point is one or two units.
  const tooLong = source.length > options.lengthMax && [...source].length > options.lengthMax;
  if (tooLong) {
    return refuse([
      `Query is longer than ${options.lengthMax} characters (at position ${options.lengthMax + 1})`,
    ]);
  }
  const { tokens, errors } = lex(source);
  if (errors.length > 0) return refuse(errors.map(({ message, at }) => `${message} (at position ${at})`));
  const parser = createParser(tokens, options.mode);
  try {
    const parsed = parser.read();
    const complaints = check(parsed, parser.facts);
    return complaints.length > 0 ? refuse(complaints) : { ok: true, query: canonical(parsed) };
  } catch (error) {
    if (error instanceof SyntaxComplaint) return refuse([error.message]);
    throw error;
  }
}

function refuse(errors: string[]): ParseResult {
  return { ok: false, message: `There were errors processing your request: ${errors.join(', ')}`, errors };
}

/** Unwinds the parser at the first mistake in the grammar; never leaves this file. */
class SyntaxComplaint extends Error {
  constructor(message: string, at: number) {
    super(`${message} (at position ${at})`);
  }
}

function unexpected(token: Token): SyntaxComplaint {
  return new SyntaxComplaint(`no viable alternative at input '${token.text}'`, token.at);
}

function createParser(tokens: readonly Token[], mode: 'search' | 'stream') {
  /** Where each node began and what is wrong with it. By identity: the tree itself carries no positions. */
  const facts = new Map<Query, Facts>();
  let next = 0;
  let termCount = 0;

  const peek = (): Token => tokens[next]!;

  function read(): Query {
    const query = readOr(0);
    const token = peek();
    if (token.type === ')') throw new SyntaxComplaint("missing EOF at ')'", token.at);
    if (token.type !== 'end') throw unexpected(token);
    return query;
  }

  function readOr(depth: number): Query {
    const { at } = peek();
    const of = [readAnd(depth)];
    while (peek().type === 'or') {
      next += 1;
      of.push(readAnd(depth));
    }
    return group('or', of, at);
  }

  function readAnd(depth: number): Query {
    const { at } = peek();
    const of = [readUnary(depth)];
    for (let { type } = peek(); type !== 'or' && type !== ')' && type !== 'end'; { type } = peek()) {
      of.push(readUnary(depth));
    }
    return group('and', of, at);
  }

  function group(kind: 'and' | 'or', of: Query[], at: number): Query {
    if (of.length === 1) return of[0]!;
    const node: Query = { kind, of };
    facts.set(node, { at });
    return node;
  }

  function readUnary(depth: number): Query {
    const token = peek();
    if (depth > NESTING_MAX) {
      throw new SyntaxComplaint(`Query is nested deeper than ${NESTING_MAX} levels`, token.at);
    }
    next += 1;
    if (token.type === '-') return readNot(token, depth);
    if (token.type !== '(') return readTerm(token);
    const query = readOr(depth + 1);
    const close = peek();
    if (close.type === 'end') throw new SyntaxComplaint("mismatched input 'EOF' expecting ')'", close.at);
    if (close.type !== ')') throw unexpected(close);
    next += 1;
    return query;
  }

  function readNot(minus: Token, depth: number): Query {
    const operand = peek();
    if (operand.at !== minus.at + 1 || operand.type === 'end') throw unexpected(minus);
    const node: Query = { kind: 'not', of: readUnary(depth + 1) };
    facts.set(node, { at: minus.at });
    return node;
  }

  function readTerm(token: Token): Term {
    termCount += 1;
    if (termCount > TERMS_MAX) {
      throw new SyntaxComplaint(`Query has more than ${TERMS_MAX} clauses`, token.at);
    }
    const { term, ...rest } = readClause(token, mode);
    facts.set(term, { at: token.at, ...rest });
    return term;
  }

  return { read, facts };
}

type Clause = Omit<Facts, 'at'> & { term: Term };

function readClause(token: Token, mode: 'search' | 'stream'): Clause {
  switch (token.type) {
    case 'keyword':
      return readKeyword(token, mode);
    case 'phrase':
      return readPhrase(token, mode);
    case 'hashtag':
      return { term: { kind: 'hashtag', tag: token.value } };
    case 'cashtag':
      return { term: { kind: 'cashtag', tag: token.value } };
    case 'mention':
      return { term: { kind: 'mention', username: token.value } };
    case 'operator':
      return readOperator(token, mode);
    default:
      throw unexpected(token);
  }
}

function readKeyword(token: Token & { type: 'keyword' }, mode: 'search' | 'stream'): Clause {
  const term: Term = { kind: 'keyword', text: token.text };
  if (tokenise(token.text, mode).length > 0) return { term };
  return { term, complaint: `Invalid keyword ${token.text}. It takes at least one letter, digit or emoji.` };
}

function readPhrase(token: Token & { type: 'phrase' }, mode: 'search' | 'stream'): Clause {
  const term: Term = { kind: 'phrase', text: token.value };
  if (tokenise(token.value, mode).length === 0) {
    return { term, complaint: `Invalid phrase ${token.text}. It takes at least one word, number or emoji.` };
  }
  if (token.within === undefined) return { term };
  if (mode === 'search') return { term, complaint: invalidOperator('~') };
  const within = Number(token.within);
  return within >= 1 && within <= WITHIN_MAX
    ? { term: { ...term, within } }
    : {
        term,
        complaint: `Invalid value '${token.within}' for operator '~'. It takes a number from 1 to ${WITHIN_MAX}.`,
      };
}

function readOperator(token: Token & { type: 'operator' }, mode: 'search' | 'stream'): Clause {
  if (token.value === '') {
    const hint = isOperatorName(token.name.toLowerCase()) ? '' : `. ${quoteColon(token)}`;
    throw new SyntaxComplaint(`no viable alternative at input '${token.text}'${hint}`, token.at);
  }
  const name = token.name.toLowerCase();
  const operator = findOperator(name, token.value);
  const reported = reportedName(token.name, token.value);
  if (operator === undefined || (operator.only && operator.only !== mode)) {
    const needsClause = name === 'is' || name === 'has' || operator?.needsClause === true;
    const complaint = isOperatorName(name)
      ? invalidOperator(reported)
      : `${invalidOperator(reported)} ${quoteColon(token)}`;
    return { term: { kind: 'keyword', text: token.text }, needsClause, complaint };
  }
  const { needsClause, negation } = operator;
  const term = operator.read(token.value);
  if (term) return { term, needsClause, negation };
  const complaint = `Invalid value '${token.value}' for operator '${token.name}'. It takes ${operator.takes}.`;
  return { term: { kind: 'keyword', text: token.text }, needsClause, complaint };
}

function invalidOperator(name: string): string {
  return `Reference to invalid operator '${name}'. Operator is not available in current product or product packaging. Please refer to complete available operator list at /docs#query-operators.`;
}

/** What to do where a colon was meant as text: `7:30`, `Breaking: …`, an address. */
function quoteColon({ name, value, text }: Token & { type: 'operator' }): string {
  if (/^https?$/i.test(name) && value.startsWith('//')) {
    return `To find posts with this link, use the url operator: url:${quote(text)}.`;
  }
  return `To find text with a colon, put it in quotes: ${quote(text)}.`;
}

/** AND and OR flattened, double negation dropped, so that one meaning has one form. */
function canonical(query: Query): Query {
  if (query.kind === 'not') {
    return query.of.kind === 'not' ? canonical(query.of.of) : { kind: 'not', of: canonical(query.of) };
  }
  if (query.kind !== 'and' && query.kind !== 'or') return query;
  const { kind } = query;
  const of = query.of.flatMap((child) => {
    const simple = canonical(child);
    return simple.kind === kind ? simple.of : [simple];
  });
  return { kind, of };
}
