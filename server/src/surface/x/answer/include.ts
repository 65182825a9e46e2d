import { type Audience, judgeAccount, judgePosts, type Post } from '#posts';
import type { FieldSelection } from '../params/field-selection.ts';
import type { JsonCache } from '../present/json-cache.ts';
import type { Hydrated, HydrationWish, Included } from './gathered.ts';
import { notAuthorized, notFound, type Sought, suspended, tooMany } from './partial.ts';

/**
 * A page of 500 posts that each name six persons. Each costs the event loop a tenth of a millisecond, one post may
 * mention hundreds, and the journal takes 20,000 items a call.
 */
export const PEOPLE_BROUGHT_MAX = 3_000;

/** Posts that a post's expansions name. */
export function postWishes(post: Post, item: number, fields: FieldSelection): HydrationWish[] {
  const wishes: HydrationWish[] = [];
  const follows =
    fields.expand.has('referenced_tweets.id') ||
    fields.expand.has('referenced_tweets.id.author_id') ||
    fields.expand.has('referenced_tweets.id.attachments.media_keys');
  if (follows) {
    for (const { id } of post.references) wishes.push({ item, id, parameter: 'referenced_tweets.id' });
  }
  if (fields.expand.has('edit_history_tweet_ids')) {
    for (const id of post.editHistory) {
      if (id !== post.id) wishes.push({ item, id, parameter: 'edit_history_tweet_ids' });
    }
  }
  return wishes;
}

/** Persons that a post's expansions name. @param nested true for a post that is itself an include. */
export function personWishes(
  post: Post,
  item: number,
  fields: FieldSelection,
  nested: boolean,
): HydrationWish[] {
  const wishes: HydrationWish[] = [];
  const add = (id: string | undefined, parameter: string) => {
    if (id !== undefined && fields.expand.has(parameter)) wishes.push({ item, id, parameter });
  };
  if (nested) {
    add(post.authorId, 'referenced_tweets.id.author_id');
    return wishes;
  }
  add(post.authorId, 'author_id');
  add(post.inReplyToPersonId, 'in_reply_to_user_id');
  for (const mention of post.entities.mentions ?? []) add(mention.id, 'entities.mentions.username');
  for (const mention of post.longText?.entities?.mentions ?? []) {
    add(mention.id, 'entities.note.mentions.username');
  }
  return wishes;
}

/** A list of wishes as distinct ids, each with the wish of its earliest item: pages are cut from the end. */
function distinct(wishes: readonly HydrationWish[]): Map<string, HydrationWish> {
  const first = new Map<string, HydrationWish>();
  for (const wish of wishes) {
    const known = first.get(wish.id);
    if (!known || wish.item < known.item) first.set(wish.id, wish);
  }
  return first;
}

function sought(resource: Sought['resource'], { id, parameter }: HydrationWish): Sought {
  return { resource, parameter, value: id, section: 'includes' };
}

/** Brings posts along that may be seen; each other one has its error. */
export function addPosts(
  jsonCache: JsonCache,
  { groups, includes, errors }: Hydrated,
  wishes: readonly HydrationWish[],
  audience: Audience,
): void {
  if (wishes.length === 0) return;
  const first = distinct(wishes);
  const ids = [...first.keys()];
  const found = jsonCache.posts(ids);
  const known = found.filter((post) => post !== undefined);
  const verdicts = judgePosts(jsonCache, known, audience);
  let at = 0;
  ids.forEach((id, index) => {
    const wish = first.get(id)!;
    const post = found[index];
    const verdict = post === undefined ? 'deleted' : verdicts[at++];
    if (post && post !== 'deleted' && verdict === 'serve') {
      includes.posts.set(id, { thing: post, item: wish.item });
    } else {
      const error = verdict === 'protected' ? notAuthorized : notFound;
      errors.push({ item: wish.item, error: error(sought('tweet', wish)) });
    }
  });
  for (const wish of wishes) {
    const group = groups[wish.item];
    if (group && includes.posts.has(wish.id)) group.posts = [...group.posts, wish.id];
  }
}

/** Keeps what the answer has room for, earliest first; of the rest the first one has an error. */
function withinRoom(
  first: Map<string, HydrationWish>,
  { includes, errors }: Hydrated,
): Map<string, HydrationWish> {
  let room = PEOPLE_BROUGHT_MAX - includes.people.size;
  if (first.size <= room) return first;
  const kept = new Map<string, HydrationWish>();
  let leftOut: HydrationWish | undefined;
  for (const [id, wish] of first) {
    if (includes.people.has(id)) kept.set(id, wish);
    else if (room > 0) {
      room -= 1;
      kept.set(id, wish);
    } else leftOut ??= wish;
  }
  if (leftOut)
    errors.push({ item: leftOut.item, error: tooMany(sought('user', leftOut), PEOPLE_BROUGHT_MAX) });
  return kept;
}

/** Brings persons along; each one who is missing has its error. */
export function addPeople(jsonCache: JsonCache, hydrated: Hydrated, wishes: readonly HydrationWish[]): void {
  if (wishes.length === 0) return;
  const { groups, includes, errors } = hydrated;
  const first = withinRoom(distinct(wishes), hydrated);
  const ids = [...first.keys()];
  const found = jsonCache.people(ids);
  ids.forEach((id, index) => {
    const wish = first.get(id)!;
    const person = found[index];
    const verdict = judgeAccount(person);
    if (person && verdict === 'serve') {
      const item = Math.min(wish.item, includes.people.get(id)?.item ?? wish.item);
      includes.people.set(id, { thing: person, item });
    } else {
      const error = verdict === 'suspended' ? suspended : notFound;
      errors.push({ item: wish.item, error: error(sought('user', wish)) });
    }
  });
  for (const wish of wishes) {
    const group = groups[wish.item];
    if (group && includes.people.has(wish.id) && !group.persons.includes(wish.id)) {
      group.persons = [...group.persons, wish.id];
    }
  }
}

/** Mentions that carry no id are looked up by the name that was written. */
export function addUsernames(
  jsonCache: JsonCache,
  hydrated: Hydrated,
  posts: readonly Post[],
  fields: FieldSelection,
): void {
  if (!fields.expand.has('entities.mentions.username')) return;
  const wishes = posts.flatMap((post, item) =>
    (post.entities.mentions ?? [])
      .filter((mention) => mention.id === undefined)
      .map((mention) => ({ item, id: mention.username, parameter: 'entities.mentions.username' })),
  );
  if (wishes.length === 0) return;
  const first = withinRoom(distinct(wishes), hydrated);
  const names = [...first.keys()];
  const found = jsonCache.peopleByUsername(names);
  const byName = new Map(names.map((name, index) => [name, found[index]]));
  for (const [name, wish] of first) {
    if (!byName.get(name)) hydrated.errors.push({ item: wish.item, error: notFound(sought('user', wish)) });
  }
  addPeople(
    jsonCache,
    hydrated,
    wishes.flatMap((wish) => {
      const person = byName.get(wish.id);
      return person ? [{ ...wish, id: person.id }] : [];
    }),
  );
}

/** Brings along a post's media, polls and place. */
export function addAttached(
  jsonCache: JsonCache,
  { includes, errors }: Hydrated,
  post: Post,
  item: number,
  fields: FieldSelection,
  nested: boolean,
): void {
  const bring = <T>(
    keys: readonly string[] | undefined,
    parameter: string,
    into: Map<string, Included<T>>,
    read: (keys: readonly string[]) => (T | undefined)[],
    resource: Sought['resource'],
  ) => {
    if (!keys || keys.length === 0 || !fields.expand.has(parameter)) return;
    const wanted = keys.filter((key) => !into.has(key));
    read(wanted).forEach((thing, index) => {
      const id = wanted[index]!;
      if (thing) into.set(id, { thing, item, via: nested ? post.id : undefined });
      else errors.push({ item, error: notFound(sought(resource, { item, id, parameter })) });
    });
  };
  const mediaParameter = nested ? 'referenced_tweets.id.attachments.media_keys' : 'attachments.media_keys';
  bring(post.mediaKeys, mediaParameter, includes.media, jsonCache.media, 'media');
  if (nested) return;
  bring(post.pollIds, 'attachments.poll_ids', includes.polls, jsonCache.polls, 'poll');
  bring(
    post.geo?.placeId ? [post.geo.placeId] : undefined,
    'geo.place_id',
    includes.places,
    jsonCache.places,
    'place',
  );
}
