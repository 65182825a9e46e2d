import type { Change, Entities } from '#posts';

/** What a parser of records is handed. */
export type SourceReading = {
  /** Unix ms; times far beyond it are refused. */
  now: number;
  /** Finds hashtags, mentions and links where the source does not name them. */
  entitiesOf(text: string): Entities;
  /** Whose posts these are, where the posts themselves do not say: the owner of an account archive. */
  authorId?: string;
};

/** Where the changes of one record go, in the order in which they must be applied. */
export type Emit = (change: Change) => void;
/** A part of a record that cannot be taken, while the rest of it can. */
export type Reject = (reason: string) => void;
