import { type Audience, judgePosts, type Person, type Post } from '#posts';
import type { Ask } from '../ask/ask.ts';
import type { LivePerson } from '../present/person.ts';
import type { Shelf } from '../present/shelf.ts';
import { type Gathered, gatheredOf, type Wish } from './gathered.ts';
import { addAttached, addPeople, addPosts, addUsernames, personWishes, postWishes } from './include.ts';

/** What posts bring along: step two and three of a read (gather, rules) for everything under `includes`. */
export function gatherForPosts(shelf: Shelf, posts: readonly Post[], ask: Ask, audience: Audience): Gathered {
  const gathered = gatheredOf('post', posts);
  if (ask.expand.words.length === 0) return gathered;
  addPosts(
    shelf,
    gathered,
    posts.flatMap((post, item) => postWishes(post, item, ask)),
    audience,
  );
  const referenced = new Set(posts.flatMap((post) => post.references.map((reference) => reference.id)));
  const all = [
    ...posts.map((post, item) => ({ post, item, nested: false })),
    ...[...gathered.includes.posts.values()]
      .filter(({ thing }) => referenced.has(thing.id))
      .map(({ thing, item }) => ({ post: thing, item, nested: true })),
  ];
  addPeople(
    shelf,
    gathered,
    all.flatMap(({ post, item, nested }) => personWishes(post, item, ask, nested)),
  );
  addUsernames(shelf, gathered, posts, ask);
  for (const { post, item, nested } of all) addAttached(shelf, gathered, post, item, ask, nested);
  addLive(shelf, gathered, includedPeople(gathered), ask, audience);
  return gathered;
}

/** What persons bring along. */
export function gatherForPeople(
  shelf: Shelf,
  people: readonly Person[],
  ask: Ask,
  audience: Audience,
): Gathered {
  const gathered = gatheredOf('person', people);
  addLive(shelf, gathered, people, ask, audience);
  const wishes = people.flatMap((person, item) => {
    const found: Wish[] = [];
    // A pinned post that is gone has its error; a newest post that may not be seen is nobody's business.
    if (person.pinnedPostId) found.push({ item, id: person.pinnedPostId, parameter: 'pinned_tweet_id' });
    const newest = gathered.live.get(person.id)?.newestPostId;
    if (newest) found.push({ item, id: newest, parameter: 'most_recent_tweet_id' });
    return found.filter(({ parameter }) => ask.expand.has(parameter));
  });
  addPosts(shelf, gathered, wishes, audience);
  if (ask.expand.has('affiliation.user_id')) {
    const affiliates = people.flatMap((person, item) =>
      (person.affiliation?.personIds ?? []).map((id) => ({ item, id, parameter: 'affiliation.user_id' })),
    );
    addPeople(shelf, gathered, affiliates);
    addLive(shelf, gathered, includedPeople(gathered), ask, audience);
  }
  return gathered;
}

function includedPeople({ includes }: Gathered): Person[] {
  return [...includes.people.values()].map(({ thing }) => thing);
}

/** What the viewer and a person are to each other, as `connection_status` has it. */
function connectionsOf(
  { isRelated, isAskingToFollow }: Shelf,
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
  shelf: Shelf,
  { live }: Gathered,
  people: readonly Person[],
  ask: Ask,
  audience: Audience,
): void {
  const { viewer } = audience;
  const wantsConnections = ask.person.has('connection_status');
  const wantsMessages = ask.person.has('receives_your_dm');
  if (viewer !== undefined && (wantsConnections || wantsMessages)) {
    for (const { id } of people)
      live.set(id, {
        connections: wantsConnections ? connectionsOf(shelf, viewer, id) : undefined,
        takesMessages: wantsMessages ? shelf.mayWrite(viewer, id) : undefined,
      });
  }
  const wantsPinned = ask.person.has('pinned_tweet_id');
  const wantsNewest = ask.person.has('most_recent_tweet_id');
  if (!wantsPinned && !wantsNewest) return;
  const named = people.map((person) => ({
    id: person.id,
    pinned: wantsPinned ? person.pinnedPostId : undefined,
    newest: wantsNewest ? shelf.newestPostId(person.id) : undefined,
  }));
  const ids = [...new Set(named.flatMap(({ pinned, newest }) => [pinned, newest]))].filter(
    (id) => id !== undefined,
  );
  const posts = shelf.posts(ids).filter((post) => post !== undefined && post !== 'deleted');
  const verdicts = judgePosts(shelf, posts, audience);
  const visible = new Set(posts.filter((_post, index) => verdicts[index] === 'serve').map((post) => post.id));
  const seen = (id: string | undefined) => (id !== undefined && visible.has(id) ? id : undefined);
  for (const { id, pinned, newest } of named) {
    live.set(id, { ...live.get(id), pinnedPostId: seen(pinned), newestPostId: seen(newest) });
  }
}
