import type { Media, Person, Place, Poll, Post } from '#posts';
import type { Group } from '#terms';
import type { LivePerson } from '../present/person.ts';
import type { PartialError } from './partial.ts';

/**
 * A thing under `includes`, and the first data item that brought it: a page cut before that item leaves it out.
 * `via` is the included post through which alone it came.
 */
export type Included<T> = { thing: T; item: number; via?: string };
export type Includes = {
  posts: Map<string, Included<Post>>;
  people: Map<string, Included<Person>>;
  media: Map<string, Included<Media>>;
  polls: Map<string, Included<Poll>>;
  places: Map<string, Included<Place>>;
};

/** Everything that an answer may show. What is missing has its error; */
export type Hydrated = {
  groups: Group[];
  includes: Includes;
  errors: { item: number; error: PartialError }[];
  /** Ids of posts that persons' fields may name, by person. Empty unless such a field was asked for. */
  live: Map<string, LivePerson>;
};

/** A reference from one data item to something that may have to come along. */
export type HydrationWish = { item: number; id: string; parameter: string };

const NOTHING: readonly string[] = [];

/** Data items alone, with nothing brought along yet. */
export function hydratedOf(kind: Group['kind'], things: readonly { id: string }[]): Hydrated {
  return {
    groups: things.map(({ id }) => ({ kind, id, posts: NOTHING, persons: NOTHING })),
    includes: { posts: new Map(), people: new Map(), media: new Map(), polls: new Map(), places: new Map() },
    errors: [],
    live: new Map(),
  };
}
