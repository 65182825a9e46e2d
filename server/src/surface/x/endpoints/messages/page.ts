import { decodePage, encodePage } from '#kernel';
import { MESSAGE_EVENT_KINDS, type MessageEvent, type MessageEventKind, type MessagePage } from '#messages';
import type { CutBy } from '#terms';
import { body, keptErrors, refusedFields, writeIncludes } from '../../answer/body.ts';
import { type Hydrated, type HydrationWish, hydratedOf } from '../../answer/gathered.ts';
import { addPeople, addPosts } from '../../answer/include.ts';
import { capReached, type PartialError } from '../../answer/partial.ts';
import type { OperationContext, OperationDeps, ReadResult } from '../../operation.ts';
import { type FieldSelection, POST_SELECTION, postSelection } from '../../params/field-selection.ts';
import type { InDialect, Parameters, Values, Words } from '../../params/parameter.ts';
import { foreignToken, type GivenToken, TOKEN_PARAMETERS, tokenOf } from '../../params/token.ts';
import { MESSAGE_DEFAULTS, MESSAGE_FIELDS, messageWriter } from '../../present/message.ts';
import { vocabulary, type WordSet, wordSet } from '../../vocabulary.ts';

const MESSAGE_EXPANSIONS = vocabulary([
  'attachments.media_keys',
  'participant_ids',
  ['referenced_tweets.id', 'referenced_posts'],
  'sender_id',
]);
const EVENT_TYPES = vocabulary(MESSAGE_EVENT_KINDS);

/** An expansion shows the field that it follows. */
const IMPLIED: Readonly<Record<string, string>> = {
  'attachments.media_keys': 'attachments',
  participant_ids: 'participant_ids',
  'referenced_tweets.id': 'referenced_tweets',
  sender_id: 'sender_id',
};

/** As X names conversations: `<smaller>-<larger>` of two persons, or the id of a group. */
export const CONVERSATION_PATTERN = '^([0-9]{1,19}-[0-9]{1,19}|[0-9]{15,19})$';

/** Parameters of every operation that answers with events of conversations. */
export const MESSAGE_ASK = {
  eventFields: {
    name: 'dm_event.fields',
    kind: 'words',
    of: MESSAGE_FIELDS,
    about: 'Fields of events beside the default ones (id, event_type, text).',
  },
  postFields: POST_SELECTION.postFields,
  personFields: POST_SELECTION.personFields,
  mediaFields: POST_SELECTION.mediaFields,
  expansions: {
    name: 'expansions',
    kind: 'words',
    of: MESSAGE_EXPANSIONS,
    about: 'Things that events refer to and that shall come along under `includes`.',
  },
} as const satisfies Parameters;

/** And of those that list them. */
export const MESSAGE_LIST = {
  eventTypes: {
    name: 'event_types',
    kind: 'words',
    of: EVENT_TYPES,
    about: 'Only events of these kinds; all unless said.',
  },
  maxResults: {
    name: 'max_results',
    kind: 'integer',
    min: 1,
    max: 100,
    fallback: 100,
    about: 'Events on a page at most.',
  },
  ...TOKEN_PARAMETERS,
  ...MESSAGE_ASK,
} as const satisfies Parameters;

export type MessageAsk = FieldSelection & { readonly event: WordSet };
export type MessagesAsked = { ask: MessageAsk; page: MessagePage };

export function askOfMessages(
  asked: InDialect & {
    eventFields?: Words;
    postFields?: Words;
    personFields?: Words;
    mediaFields?: Words;
    expansions?: Words;
  },
): MessageAsk {
  const { eventFields, expansions, ...things } = asked;
  const expanded = expansions?.set.words ?? [];
  return {
    ...postSelection(things),
    expand: wordSet(expanded),
    event: wordSet([
      ...MESSAGE_DEFAULTS,
      ...(eventFields?.set.words ?? []),
      ...expanded.flatMap((word) => IMPLIED[word] ?? []),
    ]),
  };
}

export function preparePage(id: string, values: Values<typeof MESSAGE_LIST> & InDialect): MessagesAsked {
  const kinds = values.eventTypes?.set.words as readonly MessageEventKind[] | undefined;
  return { ask: askOfMessages(values), page: { limit: values.maxResults, kinds, ...readPlace(id, values) } };
}

function readPlace(id: string, values: GivenToken): Pick<MessagePage, 'before' | 'after'> {
  const { name, token } = tokenOf(values);
  if (token === undefined) return {};
  const [toward, place] = decodePage(id, token, name);
  if (typeof place !== 'number' || place < 0 || (toward !== 'o' && toward !== 'n'))
    return foreignToken(name, token);
  return toward === 'o' ? { before: place } : { after: place };
}

/** One page of a person's events. @param id of the operation, in the tokens. */
export function pageOfMessages(
  id: string,
  { query: { ask, page }, audience, viewer }: OperationContext<MessagesAsked>,
  deps: OperationDeps,
  conversationId?: string,
): ReadResult {
  const listing = deps.messages.list(
    viewer!,
    conversationId === undefined ? page : { ...page, conversationId },
  );
  const { events, hasMore, newest, oldest } = listing;
  const isFirst = page.before === undefined && page.after === undefined;
  const isUp = page.after !== undefined;
  const older = isUp ? (oldest ?? page.after! + 1) : hasMore ? oldest : undefined;
  const newer = isUp ? (hasMore ? newest : undefined) : isFirst ? undefined : (newest ?? page.before! - 1);
  const token = (toward: string, place: number | undefined) =>
    place === undefined ? undefined : encodePage(id, [toward, place]);
  return present(deps, events, ask, audience, {
    meta: { result_count: events.length, next_token: token('o', older), previous_token: token('n', newer) },
  });
}

/** One event, or the error that says there is none for this person. */
export function oneMessage(
  { query: ask, audience, viewer, subject }: OperationContext<MessageAsk>,
  deps: OperationDeps,
): ReadResult {
  const event = deps.messages.event(viewer!, subject);
  if (event) return present(deps, [event], ask, audience, { isOne: true });
  const error = {
    value: subject,
    detail: `Could not find dm_event with event_id: [${subject}].`,
    title: 'Not Found Error',
    resource_type: 'dm_event',
    parameter: 'event_id',
    resource_id: subject,
    type: 'https://api.twitter.com/2/problems/resource-not-found',
  };
  return { groups: [], present: () => JSON.stringify({ errors: [error] }) };
}

function present(
  { jsonCache }: OperationDeps,
  events: readonly MessageEvent[],
  ask: MessageAsk,
  audience: OperationContext<unknown>['audience'],
  { meta, isOne = false }: { meta?: Record<string, unknown>; isOne?: boolean },
): ReadResult {
  const hydrated = gather(jsonCache, events, ask, audience);
  return {
    groups: hydrated.groups,
    present(kept) {
      const write = messageWriter(ask.event, ask.dialect);
      const texts = events.map((event) => JSON.stringify(write(event)));
      return body({
        data: isOne ? texts[0] : texts,
        includes: writeIncludes(jsonCache, hydrated, ask, kept),
        errors: [
          ...keptErrors(hydrated, ask, kept),
          ...hydrated.groups.slice(kept.kept).map((group) => cutOff(group, kept.cutBy)),
          ...refusedFields(ask, 'id', [], hydrated.includes, kept),
        ],
        meta,
      });
    },
  };
}

function cutOff({ kind, id: value }: Hydrated['groups'][number], cutBy: CutBy | undefined): PartialError {
  return kind === 'post'
    ? capReached({ resource: 'tweet', parameter: 'referenced_tweets.id', value, section: 'includes' }, cutBy)
    : capReached({ resource: 'user', parameter: 'sender_id', value, section: 'includes' }, cutBy);
}

/**
 * What events bring along. An event itself is no resource that is billed, so each person and each post is a group of its
 * own: at the cap's edge what does not fit is left out, with its error, and the events stay.
 */
function gather(
  jsonCache: OperationDeps['jsonCache'],
  events: readonly MessageEvent[],
  ask: MessageAsk,
  audience: OperationContext<unknown>['audience'],
): Hydrated {
  const hydrated = hydratedOf('person', []);
  const { expand } = ask;
  if (expand.words.length === 0) return hydrated;
  const wish = (id: string, parameter: string): HydrationWish => ({ item: -1, id, parameter });
  addPeople(
    jsonCache,
    hydrated,
    events.flatMap((event) => [
      ...(expand.has('sender_id') ? [wish(event.senderId, 'sender_id')] : []),
      ...(expand.has('participant_ids') && event.kind !== 'MessageCreate'
        ? event.personIds.map((id) => wish(id, 'participant_ids'))
        : []),
    ]),
  );
  if (expand.has('referenced_tweets.id')) {
    const posts = events.flatMap((event) => (event.kind === 'MessageCreate' ? event.postIds : []));
    addPosts(
      jsonCache,
      hydrated,
      posts.map((id) => wish(id, 'referenced_tweets.id')),
      audience,
    );
  }
  if (expand.has('attachments.media_keys')) {
    for (const event of events) {
      if (event.kind !== 'MessageCreate') continue;
      for (const thing of event.media) hydrated.includes.media.set(thing.mediaKey, { thing, item: -1 });
    }
  }
  const { people, posts } = hydrated.includes;
  hydrated.groups = [
    ...[...people].map(([id]) => ({ kind: 'person' as const, id })),
    ...[...posts].map(([id]) => ({ kind: 'post' as const, id })),
  ].map((group) => ({ ...group, posts: [], persons: [] }));
  hydrated.groups.forEach(({ kind, id }, item) => {
    const included = (kind === 'person' ? people : posts).get(id);
    if (included) included.item = item;
  });
  return hydrated;
}
