import { vocabulary } from '../vocabulary.ts';
import type { Parameters, Words } from './parameter.ts';

/** Kinds of posts that a timeline can leave out. */
export type Exclude = readonly ('replies' | 'retweets')[];

export const EXCLUDE_PARAMETER = {
  exclude: {
    name: 'exclude',
    kind: 'words',
    of: vocabulary(['replies', 'retweets']),
    about: 'Kinds of posts to leave out.',
  },
} as const satisfies Parameters;

export function excluded(words: Words | undefined): Exclude {
  return (words?.set.words ?? []) as Exclude;
}
