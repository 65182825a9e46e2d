import type { Person } from './person.ts';
import type { Post, Withheld } from './post.ts';
import type { RelationReader } from './relation.ts';
import type { PostReader } from './store.ts';

/**
 * The one home of "who may see this". Look-ups, timelines and the search index all ask here; whatever is not
 * `serve` never leaves, whatever the plan.
 */
export type Verdict = 'serve' | 'deleted' | 'suspended' | 'withheld' | 'protected' | 'refused';

/** What is about to be done with posts, as far as authors can refuse it. */
export type Audience = {
  /** Found or counted by search. A look-up by id and a timeline are not a search. */
  search?: boolean;
  /** The app's purposes include ai-training. */
  aiTraining?: boolean;
  /** The app passes posts on (resale, government). */
  redistribution?: boolean;
  /** The person for whom the app asks, if it asks for one. */
  viewer?: string;
};

/** What the rules need of a person; every `Person` is one. */
export type Standing = Pick<Person, 'state' | 'protected' | 'preferences' | 'withheld'>;

/** A post with all that decides about it. */
export type Case = {
  post: { withheld?: Withheld } | 'deleted';
  /** `undefined` when the network never told of its author: then nobody has refused anything. */
  author: Standing | undefined;
  /** What the author is to the viewer, where there is one. */
  viewer?: Viewing;
  /** Of a repost: the post that it repeats. `undefined` when that is not a repost, or was never in the store. */
  reposted?: Case;
};

export type Viewing = {
  /** The viewer wrote it, or follows who did: a protected author's posts are for these. */
  isInvited: boolean;
  /** The author blocks the viewer, who is shown nothing of theirs. */
  isBlocked: boolean;
};

/** X's reposts name the original. A longer row is forged or broken and is treated as deleted. */
export const REPOST_DEPTH_MAX = 3;

/**
 * May this post leave towards this audience? The first reason that holds, in this order: deleted, suspended,
 * withheld, protected, refused. A repost is judged as itself and as what it repeats, for it carries those words.
 * A quote carries none of the quoted words: it is judged alone, and the quoted post on its own. For a viewer,
 * `protected` also says that the author blocks them.
 */
export function judge({ post, author, viewer, reposted }: Case, audience: Audience): Verdict {
  if (post === 'deleted') return 'deleted';
  if (author) {
    const verdict = judgePerson(author);
    if (verdict !== 'serve') return verdict;
  }
  if (isWithheld(post.withheld)) return 'withheld';
  if (viewer?.isBlocked || (author?.protected && !viewer?.isInvited)) return 'protected';
  if (author && refuses(author, audience)) return 'refused';
  return reposted ? judge(reposted, audience) : 'serve';
}

/** May this person's account leave? A protected account is public itself; only its posts are not. */
export function judgePerson(
  person: Pick<Standing, 'state' | 'withheld'>,
): 'serve' | 'deleted' | 'suspended' | 'withheld' {
  if (person.state === 'deactivated') return 'deleted';
  if (person.state === 'suspended') return 'suspended';
  return isWithheld(person.withheld) ? 'withheld' : 'serve';
}

/**
 * Withheld anywhere is withheld here: the country in which a licensee shows a post is not known to us, and a
 * court's order is broken by one wrong guess.
 */
export function isWithheld(withheld: Withheld | undefined): boolean {
  return withheld !== undefined && (withheld.copyright === true || withheld.countryCodes.length > 0);
}

function refuses({ preferences }: Standing, audience: Audience): boolean {
  return (
    (audience.search === true && !preferences.search) ||
    (audience.aiTraining === true && !preferences.aiTraining) ||
    (audience.redistribution === true && !preferences.redistribution)
  );
}

/** The id of the post that this one repeats, if it is a repost. */
export function repostedId(post: Pick<Post, 'references'>): string | undefined {
  return post.references.find((reference) => reference.type === 'retweeted')?.id;
}

/** What judging needs to read; relations only for a viewer. */
export type JudgeReader = Pick<PostReader, 'posts' | 'people'> & Partial<Pick<RelationReader, 'isRelated'>>;

/**
 * Gathers what decides about posts from a store and judges each: one verdict a post, in order.
 * @throws TypeError for a viewer where the reader knows no relations: a block must not be overlooked.
 */
export function judgePosts(
  reader: JudgeReader,
  posts: readonly (Post | 'deleted')[],
  audience: Audience,
): Verdict[] {
  return gather(reader, posts, audience.viewer, 0).map((one) => judge(one, audience));
}

function gather(
  reader: JudgeReader,
  posts: readonly (Post | 'deleted')[],
  viewer: string | undefined,
  depth: number,
): Case[] {
  const live = posts.filter((post) => post !== 'deleted');
  const authorIds = [...new Set(live.map((post) => post.authorId))];
  const people = reader.people(authorIds);
  const authors = new Map(authorIds.map((id, index) => [id, people[index]]));
  const viewings = viewer === undefined ? undefined : viewingsOf(reader, authors, viewer);
  const originals = [...new Set(live.map(repostedId).filter((id) => id !== undefined))];
  const cases = new Map<string, Case>();
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
  for (const [id, author] of authors) {
    const isSelf = id === viewer;
    viewings.set(id, {
      isInvited: isSelf || (author?.protected === true && isRelated('follow', viewer, id)),
      isBlocked: !isSelf && isRelated('block', id, viewer),
    });
  }
  return viewings;
}
