import type { Audience } from '#posts';
import { PERSON_DEFAULTS } from '../present/person.ts';
import { POST_DEFAULTS } from '../present/post.ts';
import {
  type Dialect,
  LIST_EXPANSIONS,
  LIST_FIELDS,
  MEDIA_FIELDS,
  PERSON_EXPANSIONS,
  PERSON_FIELDS,
  PLACE_FIELDS,
  POLL_FIELDS,
  POST_EXPANSIONS,
  POST_FIELDS,
  PRIVATE_METRICS,
  type WordSet,
  wordSet,
} from '../vocabulary.ts';
import type { InDialect, Parameters, Words } from './parameter.ts';

/** What an answer shall show: field sets by kind, expansions, dialect. Made once for a query string and a dialect, then shared. */
export type FieldSelection = {
  readonly dialect: Dialect;
  readonly post: WordSet;
  readonly person: WordSet;
  readonly media: WordSet;
  readonly poll: WordSet;
  readonly place: WordSet;
  readonly expand: WordSet;
  /** Metrics that were asked for and are refused to all but the author, for each post (`post`) or medium. */
  readonly refused: { readonly post: readonly string[]; readonly media: readonly string[] };
  /** The person who sees the answer, if it matters what is theirs. */
  readonly viewer?: string;
};

/** What a query string asks for, as it is shown to an audience. */
export function seenBy(fields: FieldSelection, { viewer }: Pick<Audience, 'viewer'>): FieldSelection {
  return viewer === undefined || fields.refused.post.length === 0 ? fields : { ...fields, viewer };
}

const fields = {
  postFields: {
    name: 'tweet.fields',
    also: 'post.fields',
    kind: 'words',
    of: POST_FIELDS,
    about: 'Fields of posts beside the default ones (id, text, edit_history_tweet_ids).',
  },
  personFields: {
    name: 'user.fields',
    kind: 'words',
    of: PERSON_FIELDS,
    about: 'Fields of persons beside the default ones (id, name, username).',
  },
} as const satisfies Parameters;

/** Parameters of every operation that answers with posts. */
export const POST_SELECTION = {
  ...fields,
  mediaFields: {
    name: 'media.fields',
    kind: 'words',
    of: MEDIA_FIELDS,
    about: 'Fields of media beside the default ones (media_key, type).',
  },
  pollFields: {
    name: 'poll.fields',
    kind: 'words',
    of: POLL_FIELDS,
    about: 'Fields of polls beside the default ones (id, options).',
  },
  placeFields: {
    name: 'place.fields',
    kind: 'words',
    of: PLACE_FIELDS,
    about: 'Fields of places beside the default ones (id, full_name).',
  },
  expansions: {
    name: 'expansions',
    kind: 'words',
    of: POST_EXPANSIONS,
    about: 'Things that posts refer to and that shall come along under `includes`.',
  },
} as const satisfies Parameters;

/** Parameters of every operation that answers with persons. */
export const PERSON_SELECTION = {
  ...fields,
  expansions: {
    name: 'expansions',
    kind: 'words',
    of: PERSON_EXPANSIONS,
    about: 'Things that persons refer to and that shall come along under `includes`.',
  },
} as const satisfies Parameters;

/** Parameters of every operation that answers with lists. */
export const LIST_SELECTION = {
  listFields: {
    name: 'list.fields',
    kind: 'words',
    of: LIST_FIELDS,
    about: 'Fields of lists beside the default ones (id, name).',
  },
  personFields: fields.personFields,
  expansions: {
    name: 'expansions',
    kind: 'words',
    of: LIST_EXPANSIONS,
    about: 'Things that lists refer to and that shall come along under `includes`.',
  },
} as const satisfies Parameters;

type Asked = InDialect & {
  postFields?: Words;
  personFields?: Words;
  mediaFields?: Words;
  pollFields?: Words;
  placeFields?: Words;
  expansions?: Words;
};

/** An expansion shows the field that it follows, as X does. */
const IMPLIED_BY_POST: Readonly<Record<string, string>> = {
  author_id: 'author_id',
  in_reply_to_user_id: 'in_reply_to_user_id',
  'attachments.media_keys': 'attachments',
  'attachments.poll_ids': 'attachments',
  'geo.place_id': 'geo',
  'entities.mentions.username': 'entities',
  'entities.note.mentions.username': 'note_tweet',
  'referenced_tweets.id': 'referenced_tweets',
  'referenced_tweets.id.author_id': 'referenced_tweets',
  'referenced_tweets.id.attachments.media_keys': 'referenced_tweets',
};
const IMPLIED_BY_PERSON: Readonly<Record<string, string>> = {
  'affiliation.user_id': 'affiliation',
  most_recent_tweet_id: 'most_recent_tweet_id',
  pinned_tweet_id: 'pinned_tweet_id',
};

const NONE: readonly string[] = [];

function make(asked: Asked, implied: { post: readonly string[]; person: readonly string[] }): FieldSelection {
  const post = asked.postFields?.set.words ?? NONE;
  const media = asked.mediaFields?.set.words ?? NONE;
  return {
    dialect: asked.dialect,
    post: wordSet([...POST_DEFAULTS, ...post, ...implied.post]),
    person: wordSet([...PERSON_DEFAULTS, ...(asked.personFields?.set.words ?? NONE), ...implied.person]),
    media: wordSet(['media_key', 'type', ...media]),
    poll: wordSet(['id', 'options', ...(asked.pollFields?.set.words ?? NONE)]),
    place: wordSet(['id', 'full_name', ...(asked.placeFields?.set.words ?? NONE)]),
    expand: wordSet(asked.expansions?.set.words ?? NONE),
    refused: {
      post: PRIVATE_METRICS.filter((word) => post.includes(word)),
      media: PRIVATE_METRICS.filter((word) => media.includes(word)),
    },
  };
}

function followed(asked: Asked, implied: Readonly<Record<string, string>>): string[] {
  return (asked.expansions?.set.words ?? NONE).flatMap((word) => implied[word] ?? []);
}

/** For an operation that answers with posts. */
export function postSelection(asked: Asked): FieldSelection {
  return make(asked, { post: followed(asked, IMPLIED_BY_POST), person: NONE });
}

/** For an operation that answers with persons. */
export function personSelection(asked: Asked): FieldSelection {
  return make(asked, { post: NONE, person: followed(asked, IMPLIED_BY_PERSON) });
}

/** What an answer of lists shall show; persons come along as owners only. */
export type ListFieldSelection = FieldSelection & { readonly list: WordSet };

/** For an operation that answers with lists. */
export function listSelection({
  listFields,
  ...asked
}: { listFields?: Words } & Pick<Asked, 'dialect' | 'personFields' | 'expansions'>): ListFieldSelection {
  const expanded = asked.expansions?.set.words ?? NONE;
  return {
    ...make(asked, { post: NONE, person: NONE }),
    list: wordSet(['id', 'name', ...(listFields?.set.words ?? NONE), ...expanded]),
  };
}
