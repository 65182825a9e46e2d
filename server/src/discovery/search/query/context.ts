import { type Person, type Post, type PostReader, repostedId } from '#posts';
import type { MatchContext } from '../rules/predicate.ts';
import { type Query, terms } from './ast.ts';

/** What a query asks of things beside the post; the rest is not read. */
type Needs = { author: boolean; original: boolean; place: boolean; media: boolean };

const PLACE_FIELDS = new Set<string>(['place', 'place_country']);
const POST_FIELDS = new Set<string>(['url', 'context', 'entity', 'lang', 'list', 'source']);

function needsOf(query: Query): Needs {
  const needs: Needs = { author: false, original: false, place: false, media: false };
  for (const term of terms(query)) {
    if (term.kind === 'radius' || term.kind === 'box') needs.place = true;
    else if (term.kind === 'range') needs.author = true;
    else if (term.kind === 'person') {
      if (term.relation === 'retweets_of') needs.original = true;
      if (term.relation === 'from_affiliate_of') needs.author = true;
    } else if (term.kind === 'flag') {
      if (term.flag === 'is:verified') needs.author = true;
      if (term.flag === 'has:images' || term.flag === 'has:videos') needs.media = true;
    } else if (term.kind === 'text' && !POST_FIELDS.has(term.field)) {
      if (PLACE_FIELDS.has(term.field)) needs.place = true;
      else needs.author = true;
    }
  }
  return needs;
}

/** Gathers, for posts of one search, what the query's predicate looks at; in the order of the posts. */
export function contextsFor(query: Query, reader: PostReader): (posts: readonly Post[]) => MatchContext[] {
  const needs = needsOf(query);
  return (posts) => {
    const authors = new Map<string, Person | undefined>();
    return posts.map((post) => contextOf(post, needs, reader, authors));
  };
}

function contextOf(
  post: Post,
  needs: Needs,
  reader: PostReader,
  authors: Map<string, Person | undefined>,
): MatchContext {
  const context: MatchContext = {
    authorVerified: false,
    refusesAiTraining: false,
    refusesRedistribution: false,
    media: { images: false, videos: false },
  };
  if (needs.author) {
    if (!authors.has(post.authorId)) authors.set(post.authorId, reader.people([post.authorId])[0]);
    const author = authors.get(post.authorId);
    if (author) context.author = author;
    context.authorVerified = author?.verified ?? false;
  }
  const originalId = needs.original && post.references.find(({ type }) => type === 'retweeted')?.id;
  if (originalId) {
    const original = reader.posts([originalId])[0];
    if (original && original !== 'deleted') context.repostedAuthorId = original.authorId;
  }
  if (needs.place && post.geo?.placeId !== undefined) {
    const place = reader.places([post.geo.placeId])[0];
    if (place) context.place = place;
  }
  // An animated GIF counts as an image, as in the posts' module.
  for (const media of needs.media && post.mediaKeys ? reader.media(post.mediaKeys) : []) {
    if (media?.type === 'video') context.media.videos = true;
    else if (media) context.media.images = true;
  }
  return context;
}

const ALL: Needs = { author: true, original: true, place: true, media: true };

/** All that stream rules may ask about a post: its author, whom it answers, and the texts that it repeats. */
export function streamContext(post: Post, reader: PostReader): MatchContext {
  const context = contextOf(post, ALL, reader, new Map());
  const reposted = otherPost(repostedId(post), reader);
  if (reposted) {
    context.reposted = reposted;
    const author = reader.people([reposted.authorId])[0];
    if (author) context.repostedAuthor = author;
  }
  const quoted = otherPost(post.references.find(({ type }) => type === 'quoted')?.id, reader);
  if (quoted) context.quoted = quoted;
  if (post.inReplyToPersonId !== undefined) {
    const repliedTo = reader.people([post.inReplyToPersonId])[0];
    if (repliedTo) context.repliedTo = repliedTo;
  }
  return context;
}

function otherPost(id: string | undefined, reader: PostReader): Post | undefined {
  const post = id === undefined ? undefined : reader.posts([id])[0];
  return post === 'deleted' ? undefined : post;
}
