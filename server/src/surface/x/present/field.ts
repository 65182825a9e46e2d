import type { Dialect, Vocabulary, WordSet } from '../vocabulary.ts';

/** How one field is made of one thing. `undefined` leaves it out: X never sends null or empty values. */
export type Maker<T> = (thing: T, dialect: Dialect) => unknown;

/** Makers in the order in which the answer shows their fields, by classic spelling. */
export type Makers<T> = Readonly<Record<string, Maker<T>>>;

/** Writes a thing as the fields of a set, in one dialect. */
export type Writer<T> = (thing: T) => Record<string, unknown>;

/**
 * Compiles one writer for each field set and dialect: the names are looked up once, not for every thing.
 * @param always fields that an answer has whether they were asked for or not.
 */
export function writers<T>(
  vocabulary: Vocabulary,
  makers: Makers<T>,
  always: readonly string[],
): (fields: WordSet, dialect: Dialect) => Writer<T> {
  const compiled = {
    classic: new WeakMap<WordSet, Writer<T>>(),
    current: new WeakMap<WordSet, Writer<T>>(),
  };
  return (fields, dialect) => {
    let writer = compiled[dialect].get(fields);
    if (!writer) {
      const chosen = Object.entries(makers)
        .filter(([word]) => always.includes(word) || fields.has(word))
        .map(([word, make]) => ({ name: vocabulary.spell(word, dialect), make }));
      writer = (thing) => {
        const written: Record<string, unknown> = {};
        for (const { name, make } of chosen) {
          const value = make(thing, dialect);
          if (value !== undefined) written[name] = value;
        }
        return written;
      };
      compiled[dialect].set(fields, writer);
    }
    return writer;
  };
}

/** X's time: always UTC, always with milliseconds. @param ms Unix milliseconds. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** The text, or undefined where there is none: an empty text is left out. */
export function filled(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

/** The list, or undefined where it holds nothing. */
export function some<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list && list.length > 0 ? list : undefined;
}

/** The object without its undefined values, or undefined where none is left. */
export function someOf(object: Record<string, unknown>): Record<string, unknown> | undefined {
  for (const value of Object.values(object)) if (value !== undefined) return object;
  return undefined;
}
