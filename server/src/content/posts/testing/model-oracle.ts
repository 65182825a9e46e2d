import type { Change } from '../model/change.ts';
import { extractEntities } from '../model/entities.ts';
import { ALL_ALLOWED, type Person, type PersonField } from '../model/person.ts';
import type { Media, Place, Poll, Post, PostInput } from '../model/post.ts';
import type { IndexContext } from '../write/post-index.ts';
import { createRelationModel } from './relation-oracle.ts';

/**
 * The store as a stranger would write it from its promises: maps, no tables, no marks, everything recomputed when
 * asked. The property tests hold the real store against it.
 */
export function createModel() {
  const posts = new Map<string, Post | 'deleted'>();
  const people = new Map<string, Person | 'deleted'>();
  const names = new Map<string, string>();
  let chains: { author: string; ids: string[] }[] = [];
  const media = new Map<string, Media>();
  const polls = new Map<string, Poll>();
  const places = new Map<string, Place>();
  const hiddenReplies = new Set<string>();
  const scrubs = new Map<string, number>();

  const live = (id: string) => {
    const post = posts.get(id);
    return post === 'deleted' ? undefined : post;
  };
  const chainOf = (id: string) => chains.find(({ ids }) => ids.includes(id));
  const byNumber = (ids: Iterable<string>) => [...new Set(ids)].sort((a, b) => Number(a) - Number(b));
  const history = (id: string) => chainOf(id)?.ids ?? [id];
  const isNewest = (id: string) => history(id).at(-1) === id;

  const relations = createRelationModel({
    people,
    post: (id) => posts.get(id),
    move: (thing, id, name, by) =>
      thing === 'post' ? moveCount(posts, id, name, by) : moveCount(people, id, name, by),
  });

  function apply(change: Change): string {
    switch (change.kind) {
      case 'post': {
        const outcome = upsert(change.post, change.unsaid ?? []);
        if (outcome === 'created' && change.counts) countPost(live(change.post.id)!, 1);
        return outcome;
      }
      case 'edit':
        return edit(change.previousId, change.post);
      case 'delete-post': {
        const gone = history(change.id).filter((id) => posts.get(id) !== 'deleted');
        for (const id of gone) remove(id);
        return gone.length > 0 ? 'deleted' : 'unchanged';
      }
      case 'metrics':
        return alter(change.id, (post) => ({ ...post, metrics: { ...post.metrics, ...change.metrics } }));
      case 'withhold-post':
        return alterAll(change.id, (post) => ({ ...post, withheld: change.withheld ?? undefined }));
      case 'person':
        return upsertPerson(change.person, change.unsaid ?? []);
      case 'person-state':
        return restrict(change.id, { state: change.state });
      case 'protect':
        return restrict(change.id, { protected: change.protected });
      case 'preferences':
        return restrict(change.id, {}, change.preferences);
      case 'withhold-person':
        return restrict(change.id, { withheld: change.withheld ?? undefined });
      case 'delete-person': {
        if (people.get(change.id) === 'deleted') return 'unchanged';
        people.set(change.id, 'deleted');
        for (const [name, id] of names) if (id === change.id) names.delete(name);
        for (const [id, post] of posts) if (post !== 'deleted' && post.authorId === change.id) remove(id);
        relations.dropPerson(change.id);
        return 'deleted';
      }
      case 'media':
        return put(media, change.media.mediaKey, change.media);
      case 'poll':
        return put(polls, change.poll.id, change.poll);
      case 'place':
        return put(places, change.place.id, change.place);
      case 'hide-reply': {
        const post = posts.get(change.id);
        if (!post) return 'refused: unknown';
        if (post === 'deleted') return 'refused: deleted';
        if (!post.inReplyToPersonId && !post.references.some(({ type }) => type === 'replied_to'))
          return 'refused: conflict';
        const before = isHidden(change.id);
        for (const id of history(change.id)) {
          if (change.hidden && live(id)) hiddenReplies.add(id);
          else hiddenReplies.delete(id);
        }
        return before === change.hidden ? 'unchanged' : 'updated';
      }
      case 'scrub-geo': {
        if (people.get(change.id) === 'deleted') return 'refused: deleted';
        const upTo = Number(change.upToPostId);
        if (upTo <= (scrubs.get(change.id) ?? 0)) return 'unchanged';
        scrubs.set(change.id, upTo);
        for (const [id, post] of posts) if (post !== 'deleted') posts.set(id, scrubbed(post));
        return 'updated';
      }
      default:
        return relations.apply(change);
    }
  }

  const isHidden = (id: string) =>
    live(id) !== undefined && history(id).some((version) => live(version) && hiddenReplies.has(version));
  const scrubbed = (post: Post): Post =>
    Number(post.id) <= (scrubs.get(post.authorId) ?? 0) ? { ...post, geo: undefined } : post;

  function put<Thing>(map: Map<string, Thing>, key: string, thing: Thing): string {
    const old = map.get(key);
    map.set(key, thing);
    return old === undefined ? 'created' : same(old, thing) ? 'unchanged' : 'updated';
  }

  function remove(id: string): void {
    const post = live(id);
    posts.set(id, 'deleted');
    if (post && isNewest(id)) countPost(post, -1);
    relations.dropPost(id);
    const others = [...posts.values()].filter((other) => other !== 'deleted');
    for (const key of post?.mediaKeys ?? [])
      if (!others.some((other) => other.mediaKeys?.includes(key))) media.delete(key);
    for (const key of post?.pollIds ?? [])
      if (!others.some((other) => other.pollIds?.includes(key))) polls.delete(key);
  }

  /** What counts a post: its author's posts, and each thing that it answers, quotes or repeats, once. */
  function countPost({ authorId, references }: Post, by: number): void {
    moveCount(people, authorId, 'posts', by);
    const kinds = { replied_to: 'replies', quoted: 'quotes', retweeted: 'reposts' } as const;
    for (const reference of new Set(references.map(({ type, id }) => `${kinds[type]} ${id}`))) {
      const [name, id] = reference.split(' ');
      moveCount(posts, id!, name!, by);
    }
  }

  function moveCount<Thing extends Post | Person>(
    map: Map<string, Thing | 'deleted'>,
    id: string,
    name: string,
    by: number,
  ): void {
    const thing = map.get(id);
    if (thing === undefined || thing === 'deleted') return;
    const metrics = thing.metrics as Record<string, number>;
    if (metrics[name] === undefined) return;
    map.set(id, { ...thing, metrics: { ...metrics, [name]: Math.max(0, metrics[name] + by) } });
  }

  function alter(id: string, how: (post: Post) => Post): string {
    const post = posts.get(id);
    if (post === undefined) return 'refused: unknown';
    if (post === 'deleted') return 'refused: deleted';
    const next = how(post);
    posts.set(id, next);
    return same(post, next) ? 'unchanged' : 'updated';
  }

  /** A post and its other versions. */
  function alterAll(id: string, how: (post: Post) => Post): string {
    const named = alter(id, how);
    if (named.startsWith('refused')) return named;
    const others = history(id).filter((version) => version !== id);
    return others.map((version) => alter(version, how)).find((outcome) => outcome === 'updated') ?? named;
  }

  function upsert(given: PostInput, unsaid: readonly (keyof Post)[]): string {
    const old = posts.get(given.id);
    if (old === 'deleted') return 'refused: deleted';
    if (old && old.authorId !== given.authorId) return 'refused: conflict';
    if (people.get(given.authorId) === 'deleted') return 'refused: deleted';
    const named = given.editHistory ?? [given.id];
    const own = chainOf(given.id);
    const foreign = own && own.author !== given.authorId ? own : undefined;
    const joined = chains.filter((chain) =>
      named.some((id) => !(id === given.id && foreign) && chain.ids.includes(id)),
    );
    if (joined.some((chain) => chain.author !== given.authorId)) return 'refused: conflict';
    const versions = byNumber([...named, ...joined.flatMap(({ ids }) => ids)]);
    if (versions.length > 6) return 'refused: conflict';
    for (const id of versions) {
      const version = posts.get(id);
      if (version === 'deleted') return 'refused: deleted';
      if (version && version.authorId !== given.authorId) return 'refused: conflict';
    }
    if (foreign) foreign.ids = foreign.ids.filter((id) => id !== given.id);
    const known = byNumber(joined.flatMap(({ ids }) => ids)).length;
    const grown = versions.length > 1 && (joined.length > 1 || versions.length > known);
    if (grown)
      chains = [
        ...chains.filter((chain) => !joined.includes(chain)),
        { author: given.authorId, ids: versions },
      ];
    chains = chains.filter(({ ids }) => ids.length > 1);
    const next = scrubbed(old ? merge(old, given, unsaid) : fresh(given, unsaid));
    posts.set(given.id, next);
    if (!old) return 'created';
    return grown || !same(old, next) ? 'updated' : 'unchanged';
  }

  function fresh(given: PostInput, unsaid: readonly (keyof Post)[]): Post {
    const post: Post = {
      ...given,
      entities: given.entities ?? extractEntities(given.text),
      conversationId: given.conversationId ?? given.id,
      editHistory: [],
    };
    post.longText = longText(given.longText);
    const parentId = given.references.find(({ type }) => type === 'replied_to')?.id;
    if (!parentId) return post;
    const parent = live(parentId);
    if (!given.conversationId || unsaid.includes('conversationId'))
      post.conversationId = parent?.conversationId ?? parentId;
    return { ...post, inReplyToPersonId: post.inReplyToPersonId ?? parent?.authorId };
  }

  function merge(old: Post, given: PostInput, unsaid: readonly (keyof Post)[]): Post {
    const said = Object.fromEntries(
      Object.entries(given).filter(([key]) => !unsaid.includes(key as keyof Post)),
    );
    const kept = Object.fromEntries(unsaid.map((key) => [key, old[key]]));
    const next = { ...said, ...kept, editHistory: [] } as unknown as Post;
    next.conversationId ??= old.conversationId;
    next.inReplyToPersonId ??= old.inReplyToPersonId;
    const textChanged = next.text !== old.text;
    if (unsaid.includes('entities') || !given.entities) {
      next.entities = textChanged ? (given.entities ?? extractEntities(given.text)) : old.entities;
    }
    const isSameLongText = next.longText?.text === old.longText?.text && !next.longText?.entities;
    next.longText = isSameLongText ? old.longText : longText(next.longText);
    next.metrics = { ...next.metrics };
    for (const name of Object.keys(old.metrics) as (keyof Post['metrics'])[]) {
      next.metrics[name] = Math.max(next.metrics[name], old.metrics[name]);
    }
    if (hidden(old) && !hidden(next)) next.withheld = old.withheld;
    return next;
  }

  function edit(previousId: string, given: PostInput): string {
    const previous = posts.get(previousId);
    if (previous === undefined) return 'refused: unknown';
    if (previous === 'deleted') return 'refused: deleted';
    const versions = history(previousId);
    const post = { ...given, editHistory: versions };
    post.conversationId ??= previous.conversationId;
    post.inReplyToPersonId ??= previous.inReplyToPersonId;
    if (hidden(previous) && !hidden(post)) post.withheld = previous.withheld;
    if (versions.includes(given.id)) {
      return versions.indexOf(given.id) === versions.indexOf(previousId) + 1
        ? upsert(post, [])
        : 'refused: conflict';
    }
    const first = versions.map(live).find((version) => version !== undefined);
    const isLate =
      given.createdAt < previous.createdAt || given.createdAt - (first ?? previous).createdAt > 30 * 60_000;
    const onTop =
      versions.at(-1) === previousId && Number(given.id) > Number(previousId) && versions.length < 6;
    if (given.authorId !== previous.authorId || !onTop || posts.has(given.id) || isLate)
      return 'refused: conflict';
    return upsert({ ...post, editHistory: [...versions, given.id] }, []);
  }

  function upsertPerson(given: Person, unsaid: readonly PersonField[]): string {
    const old = people.get(given.id);
    if (old === 'deleted') return 'refused: deleted';
    if (!old) return keep(given, undefined);
    const next: Person = { ...given, metrics: { ...given.metrics } };
    for (const key of old.username === '' ? [] : unsaid) {
      const [whole, count] = key.split('.') as [keyof Person, (keyof Person['metrics'])?];
      if (count) next.metrics[count] = old.metrics[count]!;
      else Object.assign(next, { [whole]: old[whole] });
    }
    next.protected ||= old.protected;
    if (next.state === 'active') next.state = old.state;
    if (hidden(old) && !hidden(next)) next.withheld = old.withheld;
    next.preferences = {
      search: next.preferences.search && old.preferences.search,
      aiTraining: next.preferences.aiTraining && old.preferences.aiTraining,
      redistribution: next.preferences.redistribution && old.preferences.redistribution,
    };
    return keep(next, old);
  }

  function restrict(
    id: string,
    fields: Partial<Person>,
    preferences: Partial<Person['preferences']> = {},
  ): string {
    const old = people.get(id);
    if (old === 'deleted') return 'refused: deleted';
    const base: Person = old ?? {
      ...{
        id,
        username: '',
        name: '',
        description: '',
        verified: false,
        verifiedType: 'none',
        protected: false,
      },
      ...{
        metrics: { followers: 0, following: 0, posts: 0, listed: 0 },
        state: 'active',
        preferences: ALL_ALLOWED,
      },
    };
    return keep({ ...base, ...fields, preferences: { ...base.preferences, ...preferences } }, old);
  }

  function keep(next: Person, old: Person | undefined): string {
    people.set(next.id, next);
    if (old && same(old, next)) return 'unchanged';
    const name = next.username.toLowerCase();
    if (name !== old?.username.toLowerCase()) {
      for (const [taken, id] of names) if (id === next.id) names.delete(taken);
      if (name !== '') names.set(name, next.id);
    }
    return old ? 'updated' : 'created';
  }

  /** May search show it; and what it would be told with it. `undefined` when not. */
  function indexed(id: string): IndexContext | undefined {
    if (!posts.has(id) || !isNewest(id)) return undefined;
    const all = repeated(id, 0);
    if (!all || all.some(({ post, author }) => hidden(post) || (author && isClosed(author))))
      return undefined;
    const [{ post, author }] = all as [(typeof all)[0]];
    const original = all[1]?.post ?? undefined;
    const kinds = (post.mediaKeys ?? []).map((key) => media.get(key)?.type);
    const place = places.get(post.geo?.placeId ?? '');
    return {
      authorVerified: author?.verified ?? false,
      refusesAiTraining: all.some((one) => one.author?.preferences.aiTraining === false),
      refusesRedistribution: all.some((one) => one.author?.preferences.redistribution === false),
      media: {
        images: kinds.some((kind) => kind && kind !== 'video'),
        videos: kinds.includes('video'),
      } as IndexContext['media'],
      ...(original ? { repostedAuthorId: original.authorId } : {}),
      ...(place ? { place } : {}),
    };
  }

  /** The post and all that it repeats; `undefined` when one of them was deleted or the row is too long. */
  function repeated(id: string, depth: number): { post: Post; author: Person | undefined }[] | undefined {
    const post = posts.get(id);
    if (post === 'deleted' || depth > 3) return undefined;
    if (post === undefined) return [];
    const author = people.get(post.authorId);
    if (author === 'deleted') return undefined;
    const original = post.references.find(({ type }) => type === 'retweeted')?.id;
    const rest = original === undefined || !posts.has(original) ? [] : repeated(original, depth + 1);
    return rest && [{ post, author }, ...rest];
  }

  /** Ids of listed posts of which something holds, newest first. */
  function listed(holds: (post: Post) => boolean): string[] {
    const own = [...posts.entries()].filter(([id, post]) => {
      return post !== 'deleted' && holds(post) && isNewest(id) && !post.nullcast && !hidden(post);
    });
    return byNumber(own.map(([id]) => id)).reverse();
  }
  const timeline = (authorId: string) => listed((post) => post.authorId === authorId);
  const original = ({ references }: Post) => references.find(({ type }) => type === 'retweeted')?.id;
  const repostsOf = (id: string) => listed((post) => original(post) === id);

  /** By words as anybody would split them; names here are ASCII. */
  function searchPeople(words: string): string[] {
    const split = (text: string) =>
      text
        .toLowerCase()
        .split(/[^a-z0-9_]+/)
        .filter(Boolean);
    const found = [...people.values()].filter((person) => {
      if (person === 'deleted' || person.username === '') return false;
      const own = names.get(person.username.toLowerCase()) === person.id ? split(person.username) : [];
      const all = [...own, ...split(person.name)];
      return split(words).every((word) => all.some((one) => one.startsWith(word)));
    }) as Person[];
    found.sort((a, b) => b.metrics.followers - a.metrics.followers || Number(a.id) - Number(b.id));
    return found.map(({ id }) => id);
  }

  return {
    apply,
    indexed,
    timeline,
    isHidden,
    repostsOf,
    searchPeople,
    timelineOf: (authorIds: readonly string[]) => listed((post) => authorIds.includes(post.authorId)),
    repostBy: (personId: string, id: string) =>
      listed((post) => original(post) === id && post.authorId === personId)[0],
    repostedPostsOf: (authorId: string) =>
      listed(
        (post) =>
          post.authorId === authorId &&
          original(post) === undefined &&
          repostsOf(post.id).some((id) => live(id)?.authorId !== authorId),
      ),
    relations,
    historyOf: history,
    post: (id: string) => {
      const post = posts.get(id);
      return typeof post === 'object' ? { ...post, editHistory: history(id) } : post;
    },
    person: (id: string) =>
      people.get(id) === 'deleted' ? undefined : (people.get(id) as Person | undefined),
    personNamed: (name: string) => names.get(name.toLowerCase()),
    media: (key: string) => media.get(key),
    poll: (key: string) => polls.get(key),
    size: () => ({
      posts: [...posts.values()].filter((post) => post !== 'deleted').length,
      people: [...people.values()].filter((person) => person !== 'deleted').length,
    }),
  };
}

const hidden = ({ withheld }: { withheld?: Post['withheld'] }) =>
  !!withheld && (!!withheld.copyright || withheld.countryCodes.length > 0);
const isClosed = (author: Person) =>
  author.state !== 'active' || author.protected || hidden(author) || !author.preferences.search;
const longText = (given: Post['longText']) =>
  given && { ...given, entities: given.entities ?? extractEntities(given.text) };
/** As JSON knows them: a key with undefined is no key. */
export const plain = (value: unknown) =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value, sortKeys));
const same = (a: unknown, b: unknown) =>
  JSON.stringify(plain({ ...(a as object), editHistory: 0 })) ===
  JSON.stringify(plain({ ...(b as object), editHistory: 0 }));

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
