import type { Person } from './person.ts';
import type { Post, Withheld } from './post.ts';
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
};

/** What the rules need of a person; every `Person` is one. */
export type Standing = Pick<Person, 'state' | 'protected' | 'preferences' | 'withheld'>;

/** A post with all that decides about it. */
export type Case = {
  post: { withheld?: Withheld } | 'deleted';
  /** `undefined` when the network never told of its author: then nobody has refused anything. */
  author: Standing | undefined;
  /** Of a repost: the post that it repeats. `undefined` when that is not a repost, or was never in the store. */
  reposted?: Case;
};

/** X's reposts name the original. A longer row is forged or broken and is treated as deleted. */
export const REPOST_DEPTH_MAX = 3;

/**
 * May this post leave towards this audience? The first reason that holds, in this order: deleted, suspended,
 * withheld, protected, refused. A repost is judged as itself and as what it repeats, for it carries those words.
 * A quote carries none of the quoted words: it is judged alone, and the quoted post on its own.
 */
export function judge({ post, author, reposted }: Case, audience: Audience): Verdict {
  if (post === 'deleted') return 'deleted';
  if (author) {
    const verdict = judgePerson(author);
    if (verdict !== 'serve') return verdict;
  }
  if (isWithheld(post.withheld)) return 'withheld';
  if (author?.protected) return 'protected';
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

/** Gathers what decides about posts from a store and judges each: one verdict a post, in order. */
export function judgePosts(
  reader: Pick<PostReader, 'posts' | 'people'>,
  posts: readonly (Post | 'deleted')[],
  audience: Audience,
): Verdict[] {
  return gather(reader, posts, 0).map((one) => judge(one, audience));
}

function gather(
  reader: Pick<PostReader, 'posts' | 'people'>,
  posts: readonly (Post | 'deleted')[],
  depth: number,
): Case[] {
  const live = posts.filter((post) => post !== 'deleted');
  const authorIds = [...new Set(live.map((post) => post.authorId))];
  const people = reader.people(authorIds);
  const authors = new Map(authorIds.map((id, index) => [id, people[index]]));
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
      reposted: original === undefined ? undefined : cases.get(original),
    };
  });
}
