import type { Messages } from '#messages';
import {
  type Audience,
  judgeAccount,
  judgePosts,
  judgeShared,
  type NetworkEvent,
  type Person,
  type Post,
  type PostReader,
  type RelationReader,
  viewingOf,
} from '#posts';
import type { NewsPost, RelationNews, WebhookNews } from './port.ts';

/** What of the network's events subscribers are told. */
export const TOLD_KINDS = ['post-created', 'post-edited', 'post-deleted', 'related', 'unrelated'] as const;
type Told = Extract<NetworkEvent, { kind: (typeof TOLD_KINDS)[number] }>;

/** What happened, small enough to wait in the outbox: the things themselves are read when it is delivered. */
export type Happened =
  | { what: 'post'; postId: string }
  | { what: 'post-deleted'; at: number; postId: string }
  | { what: 'like'; at: number; seq: string; postId: string; by: string }
  | { what: 'relation'; at: number; type: RelationNews; from: string; to: string }
  | { what: 'message'; eventId: string; recipientId: string }
  | { what: 'revoked'; at: number };

type Network = PostReader & RelationReader;

/** A post mentions more persons only to be seen by them. */
const CONCERNED_MAX = 100;

/** Relations that are told, by whether they began; likes only when they begin. To whom they happen hears of follows alone. */
const RELATION_NEWS: Readonly<Record<string, readonly [begun: RelationNews, ended: RelationNews]>> = {
  follow: ['follow', 'unfollow'],
  block: ['block', 'unblock'],
  mute: ['mute', 'unmute'],
};

/** True for an event of a kind that is told. */
export function isTold(event: NetworkEvent): event is Told {
  return (TOLD_KINDS as readonly string[]).includes(event.kind);
}

/**
 * Whom an event of the network concerns, by X's list: posts by, to, of and about a person, likes by and of, follows by and
 * of, and only by: deletions, unfollows, blocks, mutes. What somebody else's block or mute is, is nobody's business.
 */
export function concerned(
  event: Told,
  network: Network,
): { happened: Happened; personIds: readonly string[] } | undefined {
  const { at, personId, kind } = event;
  switch (kind) {
    case 'post-created':
    case 'post-edited':
      return {
        happened: { what: 'post', postId: event.postId },
        personIds: aboutPost(event.postId, personId, network),
      };
    case 'post-deleted':
      return { happened: { what: 'post-deleted', at, postId: event.postId }, personIds: [personId] };
    default: {
      const { relation, to } = event;
      if (relation === 'like' && kind === 'related') {
        const post = network.posts([to])[0];
        if (post === undefined || post === 'deleted') return undefined;
        const happened = { what: 'like', at, seq: String(event.seq), postId: to, by: personId } as const;
        return { happened, personIds: [...new Set([personId, post.authorId])] };
      }
      const names = RELATION_NEWS[relation];
      if (!names) return undefined;
      const type = names[kind === 'related' ? 0 : 1];
      const happened = { what: 'relation', at, type, from: personId, to } as const;
      return { happened, personIds: type === 'follow' ? [personId, to] : [personId] };
    }
  }
}

/** Its author, those it mentions or answers, and the authors of what it repeats or quotes. */
function aboutPost(postId: string, authorId: string, network: Network): string[] {
  const found = new Set([authorId]);
  const post = network.posts([postId])[0];
  if (post === undefined || post === 'deleted') return [...found];
  const mentions = post.entities.mentions ?? [];
  for (const { id } of mentions) if (id !== undefined) found.add(id);
  const names = mentions.filter(({ id }) => id === undefined).map(({ username }) => username);
  for (const person of names.length > 0 ? network.peopleByUsername(names.slice(0, CONCERNED_MAX)) : [])
    if (person) found.add(person.id);
  if (post.inReplyToPersonId !== undefined) found.add(post.inReplyToPersonId);
  for (const one of network.posts(post.references.map(({ id }) => id)))
    if (one !== undefined && one !== 'deleted') found.add(one.authorId);
  return [...found].slice(0, CONCERNED_MAX);
}

type Parts = { network: Network; messages: Pick<Messages, 'event'> };

/**
 * The things themselves as they are now, as far as this audience may see them. `undefined`: there is nothing to tell any
 * more, for it was deleted, ended or hidden meanwhile.
 */
export function gatherNews(
  { network, messages }: Parts,
  happened: Happened,
  subscriberId: string,
  appId: string,
  audience: Audience,
): WebhookNews | undefined {
  const person = (id: string): Person | undefined => {
    const one = network.people([id])[0];
    return judgeAccount(one) === 'serve' ? one : undefined;
  };
  switch (happened.what) {
    case 'post': {
      const news = gatherPost(network, happened.postId, audience);
      if (!news) return undefined;
      const { authorId } = news.post;
      const hasBlocked = authorId !== subscriberId && network.isRelated('block', subscriberId, authorId);
      return { kind: 'post', news, hasBlocked };
    }
    case 'like': {
      const [news, by] = [gatherPost(network, happened.postId, audience), person(happened.by)];
      const stands = network.isRelated('like', happened.by, happened.postId);
      // As where likers are listed.
      const viewing = viewingOf(network, subscriberId, happened.by, by);
      const isShown = judgeShared(by, viewing) === 'serve';
      return news && by && stands && isShown
        ? { kind: 'like', id: happened.seq, at: happened.at, person: by, news }
        : undefined;
    }
    case 'relation': {
      const [source, target] = [person(happened.from), person(happened.to)];
      return source && target
        ? { kind: 'relation', type: happened.type, at: happened.at, source, target }
        : undefined;
    }
    case 'post-deleted':
      return { kind: 'post-deleted', at: happened.at, postId: happened.postId, personId: subscriberId };
    case 'message': {
      const event = messages.event(subscriberId, happened.eventId);
      if (event?.kind !== 'MessageCreate') return undefined;
      const people = [event.senderId, happened.recipientId].map(person).filter((one) => one !== undefined);
      return { kind: 'message', event, recipientId: happened.recipientId, people };
    }
    case 'revoked':
      return { kind: 'revoked', at: happened.at, appId, personId: subscriberId };
  }
}

/** With what it repeats, quotes or answers, one step deep: that is all a delivery shows. */
function gatherPost(network: Network, postId: string, audience: Audience, depth = 0): NewsPost | undefined {
  const [post] = seen(network, [postId], audience);
  if (!post) return undefined;
  const named = new Map<string, NewsPost>();
  if (depth < 2) {
    for (const { id, type } of post.references) {
      // What is answered is only named, as X does it.
      const one = type === 'replied_to' ? undefined : gatherPost(network, id, audience, depth + 1);
      if (one) named.set(id, one);
    }
  }
  return { post, author: network.people([post.authorId])[0], named };
}

function seen(network: Network, ids: readonly string[], audience: Audience): Post[] {
  const found = network.posts(ids).filter((post) => post !== undefined && post !== 'deleted');
  const verdicts = judgePosts(network, found, audience);
  return found.filter((_post, at) => verdicts[at] === 'serve');
}

/** Every post and person that a delivery holds: what is recorded, and charged for. */
export function resourcesOf(news: WebhookNews): { posts: string[]; persons: string[] } {
  const posts = new Set<string>();
  const persons = new Set<string>();
  const addPost = ({ post, author, named }: NewsPost): void => {
    posts.add(post.id);
    if (author) persons.add(author.id);
    for (const one of named.values()) addPost(one);
  };
  if (news.kind === 'post' || news.kind === 'like') addPost(news.news);
  if (news.kind === 'like') persons.add(news.person.id);
  if (news.kind === 'relation') for (const { id } of [news.source, news.target]) persons.add(id);
  if (news.kind === 'message') for (const { id } of news.people) persons.add(id);
  return { posts: [...posts], persons: [...persons] };
}
