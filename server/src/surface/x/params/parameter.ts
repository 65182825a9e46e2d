import type { Dialect, Vocabulary, WordSet } from '../vocabulary.ts';

/**
 * A parameter as data. The same declaration validates requests and makes the OpenAPI document.
 * `name` is the wire's; `also` its name in the current dialect, where that differs.
 */
type Common = { name: string; also?: string; about: string; required?: boolean; in?: 'path' | 'query' };

export type Parameter = Common &
  (
    | { kind: 'id' }
    | { kind: 'ids'; max: number }
    | { kind: 'username' }
    /** Text of one form, as a regular expression from `^` to `$`; X's messages show it. */
    | { kind: 'pattern'; pattern: string }
    | { kind: 'usernames'; max: number }
    | { kind: 'integer'; min: number; max: number; fallback: number }
    | { kind: 'time' }
    | { kind: 'one'; of: readonly string[]; fallback: string }
    | { kind: 'words'; of: Vocabulary }
    | { kind: 'query' }
    | { kind: 'token' }
  );

/** An operation's parameters, by the name under which its code reads them. */
export type Parameters = Readonly<Record<string, Parameter>>;

/** What was said in a list of words, and in which dialect, if any word or the parameter's name showed one. */
export type Words = { set: WordSet; dialect?: Dialect };

/** The dialect in which an answer is written, as it was decided for the call. */
export type InDialect = { readonly dialect: Dialect };

type ValueOf<P extends Parameter> = P['kind'] extends 'ids' | 'usernames'
  ? readonly string[]
  : P['kind'] extends 'integer' | 'time'
    ? number
    : P['kind'] extends 'words'
      ? Words
      : string;

/** Required parameters and those with a fallback are always there; times are Unix ms. */
export type Values<D extends Parameters> = {
  readonly [N in keyof D]: D[N] extends { required: true } | { fallback: unknown }
    ? ValueOf<D[N]>
    : ValueOf<D[N]> | undefined;
};

/** An id in the path, by its name in X's document. */
export function pathId<const Name extends string>(name: Name, about: string) {
  return { name, kind: 'id', in: 'path', required: true, about } as const satisfies Parameter;
}

/** As X writes it in its messages. */
export const ID_PATTERN = '^[0-9]{1,19}$';
