import type { Post } from '../model/post.ts';
import type { RelationReader } from '../model/relation.ts';
import type { PostReader } from '../model/store.ts';
import {
  type Audience,
  judge,
  REPOST_DEPTH_MAX,
  repostedId,
  type Standing,
  type Verdict,
  type ViewerRelation,
  type Viewing,
  type VisibilityCase,
} from '../policy/visibility-policy.ts';

/** What judging needs to read; relations only for a viewer. */
export type JudgeReader = Pick<PostReader, 'posts' | 'people'> & Partial<Pick<RelationReader, 'isRelated'>>;

/**
 * Reads what decides about posts from a store and judges each: one verdict a post, in order.
 * @throws TypeError for a viewer where the reader knows no relations: a block must not be overlooked.
 */
export function judgePosts(
  reader: JudgeReader,
  posts: readonly (Post | 'deleted')[],
  audience: Audience,
): Verdict[] {
  return gather(reader, posts, audience.viewer, 0).map((one) => judge(one, audience));
}

/** What a viewer and a person are to each other, as far as it decides what the viewer sees. */
export function viewingOf(
  { isRelated }: Pick<RelationReader, 'isRelated'>,
  viewer: string,
  id: string,
  person: Pick<Standing, 'protected'> | undefined,
): Viewing {
  const isSelf = id === viewer;
  return {
    isSelf,
    follows: !isSelf && person?.protected === true && isRelated('follow', viewer, id),
    isBlocked: !isSelf && isRelated('block', id, viewer),
  };
}

/** The same for acts. */
export function bondOf(
  relations: Pick<RelationReader, 'isRelated'>,
  actor: string,
  id: string,
  person: Pick<Standing, 'protected'> | undefined,
): ViewerRelation {
  return {
    ...viewingOf(relations, actor, id, person),
    blocks: id !== actor && relations.isRelated('block', actor, id),
  };
}

function gather(
  reader: JudgeReader,
  posts: readonly (Post | 'deleted')[],
  viewer: string | undefined,
  depth: number,
): VisibilityCase[] {
  const live = posts.filter((post) => post !== 'deleted');
  const authorIds = [...new Set(live.map((post) => post.authorId))];
  const people = reader.people(authorIds);
  const authors = new Map(authorIds.map((id, index) => [id, people[index]]));
  const viewings = viewer === undefined ? undefined : viewingsOf(reader, authors, viewer);
  const originals = [...new Set(live.map(repostedId).filter((id) => id !== undefined))];
  const cases = new Map<string, VisibilityCase>();
  if (originals.length > 0) {
    const found = reader.posts(originals);
    const known = originals.flatMap((id, index) => {
      const post = found[index];
      return post === undefined ? [] : [{ id, post: depth < REPOST_DEPTH_MAX ? post : ('deleted' as const) }];
    });
    const gathered = gather(
      reader,
      known.map(({ post }) => post),
      viewer,
      depth + 1,
    );
    known.forEach(({ id }, index) => {
      cases.set(id, gathered[index]!);
    });
  }
  return posts.map((post) => {
    if (post === 'deleted') return { post, author: undefined };
    const original = repostedId(post);
    return {
      post,
      author: authors.get(post.authorId),
      viewer: viewings?.get(post.authorId),
      reposted: original === undefined ? undefined : cases.get(original),
    };
  });
}

function viewingsOf(
  { isRelated }: JudgeReader,
  authors: ReadonlyMap<string, Standing | undefined>,
  viewer: string,
): Map<string, Viewing> {
  if (!isRelated) throw new TypeError('posts are judged for a viewer by a reader that knows relations');
  const viewings = new Map<string, Viewing>();
  for (const [id, author] of authors) viewings.set(id, viewingOf({ isRelated }, viewer, id, author));
  return viewings;
}
