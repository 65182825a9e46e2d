import { type Audience, judgePosts, type Person, type Post } from '#posts';
import type { FieldSelection } from '../params/field-selection.ts';
import type { JsonCache } from '../present/json-cache.ts';
import type { LivePerson } from '../present/person.ts';
import { type Hydrated, type HydrationWish, hydratedOf } from './gathered.ts';
import { addAttached, addPeople, addPosts, addUsernames, personWishes, postWishes } from './include.ts';

/** What posts bring along: step two and three of a read (gather, rules) for everything under `includes`. */
export function hydratePosts(
  jsonCache: JsonCache,
  posts: readonly Post[],
  fields: FieldSelection,
  audience: Audience,
): Hydrated {
  const hydrated = hydratedOf('post', posts);
  if (fields.expand.words.length === 0) return hydrated;
  addPosts(
    jsonCache,
    hydrated,
    posts.flatMap((post, item) => postWishes(post, item, fields)),
    audience,
  );
  const referenced = new Set(posts.flatMap((post) => post.references.map((reference) => reference.id)));
  const all = [
    ...posts.map((post, item) => ({ post, item, nested: false })),
    ...[...hydrated.includes.posts.values()]
      .filter(({ thing }) => referenced.has(thing.id))
      .map(({ thing, item }) => ({ post: thing, item, nested: true })),
  ];
  addPeople(
    jsonCache,
    hydrated,
    all.flatMap(({ post, item, nested }) => personWishes(post, item, fields, nested)),
  );
  addUsernames(jsonCache, hydrated, posts, fields);
  for (const { post, item, nested } of all) addAttached(jsonCache, hydrated, post, item, fields, nested);
  addLive(jsonCache, hydrated, includedPeople(hydrated), fields, audience);
  return hydrated;
}

/** What persons bring along. */
export function hydratePeople(
  jsonCache: JsonCache,
  people: readonly Person[],
  fields: FieldSelection,
  audience: Audience,
): Hydrated {
  const hydrated = hydratedOf('person', people);
  addLive(jsonCache, hydrated, people, fields, audience);
  const wishes = people.flatMap((person, item) => {
    const found: HydrationWish[] = [];
    // A pinned post that is gone has its error; a newest post that may not be seen is nobody's business.
    if (person.pinnedPostId) found.push({ item, id: person.pinnedPostId, parameter: 'pinned_tweet_id' });
    const newest = hydrated.live.get(person.id)?.newestPostId;
    if (newest) found.push({ item, id: newest, parameter: 'most_recent_tweet_id' });
    return found.filter(({ parameter }) => fields.expand.has(parameter));
  });
  addPosts(jsonCache, hydrated, wishes, audience);
  if (fields.expand.has('affiliation.user_id')) {
    const affiliates = people.flatMap((person, item) =>
      (person.affiliation?.personIds ?? []).map((id) => ({ item, id, parameter: 'affiliation.user_id' })),
    );
    addPeople(jsonCache, hydrated, affiliates);
    addLive(jsonCache, hydrated, includedPeople(hydrated), fields, audience);
  }
  return hydrated;
}

function includedPeople({ includes }: Hydrated): Person[] {
  return [...includes.people.values()].map(({ thing }) => thing);
}

/** What the viewer and a person are to each other, as `connection_status` has it. */
function connectionsOf(
  { isRelated, isAskingToFollow }: JsonCache,
  viewer: string,
  id: string,
): NonNullable<LivePerson['connections']> {
  if (!isRelated || id === viewer) return [];
  return [
    ...(isRelated('block', viewer, id) ? (['blocking'] as const) : []),
    ...(isAskingToFollow(id, viewer) ? (['follow_request_received'] as const) : []),
    ...(isAskingToFollow(viewer, id) ? (['follow_request_sent'] as const) : []),
    ...(isRelated('follow', id, viewer) ? (['followed_by'] as const) : []),
    ...(isRelated('follow', viewer, id) ? (['following'] as const) : []),
    ...(isRelated('mute', viewer, id) ? (['muting'] as const) : []),
  ];
}

/** Fills in what depends on the caller: what the fields of `LivePerson` may say to this audience. */
function addLive(
  jsonCache: JsonCache,
  { live }: Hydrated,
  people: readonly Person[],
  fields: FieldSelection,
  audience: Audience,
): void {
  const { viewer } = audience;
  const wantsConnections = fields.person.has('connection_status');
  const wantsMessages = fields.person.has('receives_your_dm');
  if (viewer !== undefined && (wantsConnections || wantsMessages)) {
    for (const { id } of people)
      live.set(id, {
        connections: wantsConnections ? connectionsOf(jsonCache, viewer, id) : undefined,
        takesMessages: wantsMessages ? jsonCache.mayWrite(viewer, id) : undefined,
      });
  }
  const wantsPinned = fields.person.has('pinned_tweet_id');
  const wantsNewest = fields.person.has('most_recent_tweet_id');
  if (!wantsPinned && !wantsNewest) return;
  const named = people.map((person) => ({
    id: person.id,
    pinned: wantsPinned ? person.pinnedPostId : undefined,
    newest: wantsNewest ? jsonCache.newestPostId(person.id) : undefined,
  }));
  const ids = [...new Set(named.flatMap(({ pinned, newest }) => [pinned, newest]))].filter(
    (id) => id !== undefined,
  );
  const posts = jsonCache.posts(ids).filter((post) => post !== undefined && post !== 'deleted');
  const verdicts = judgePosts(jsonCache, posts, audience);
  const visible = new Set(posts.filter((_post, index) => verdicts[index] === 'serve').map((post) => post.id));
  const seen = (id: string | undefined) => (id !== undefined && visible.has(id) ? id : undefined);
  for (const { id, pinned, newest } of named) {
    live.set(id, { ...live.get(id), pinnedPostId: seen(pinned), newestPostId: seen(newest) });
  }
}
