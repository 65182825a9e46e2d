import type { Person } from '../model/person.ts';
import type { Post, Withheld } from '../model/post.ts';
import type { PostList } from '../model/relation.ts';

/**
 * The visibility policy: the one home of decisions about who sees what, and which acts are refused. Look-ups, timelines, the search
 * index, streams, acts, messages, webhooks and compliance all ask here; what is not `serve` never leaves, whatever the
 * plan. Everything in this file is a pure function of facts: `judge-posts.ts` reads them from a store.
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

/** What the policy needs of a person; every `Person` is one. */
export type Standing = Pick<Person, 'state' | 'protected' | 'preferences' | 'withheld'>;
/** What it needs to say whether there is an account to show. */
export type Account = Pick<Person, 'username' | 'state' | 'withheld'>;

/** What a viewer and another person are to each other, as far as it decides what the viewer sees. */
export type Viewing = {
  isSelf: boolean;
  /** The viewer follows the other person. Read only where that person is protected. */
  follows: boolean;
  /** The other person blocks the viewer. */
  isBlocked: boolean;
};

/** The same with what acts need beside it. Whether the viewer mutes the other person decides nothing here. */
export type ViewerRelation = Viewing & {
  /** The viewer blocks the other person. */
  blocks: boolean;
};

/** A post with all that decides about it. */
export type VisibilityCase = {
  post: { withheld?: Withheld } | 'deleted';
  /** `undefined` when the network never told of its author: then nobody has refused anything. */
  author: Standing | undefined;
  /** What the viewer and the author are to each other, where there is a viewer. */
  viewer?: Viewing;
  /** Of a repost: the post that it repeats. `undefined` when that is not a repost, or was never in the store. */
  reposted?: VisibilityCase;
};

/** X's reposts name the original. A longer row is forged or broken and is treated as deleted. */
export const REPOST_DEPTH_MAX = 3;

/**
 * May this post leave towards this audience? The first reason that holds, in this order: deleted, suspended,
 * withheld, protected, refused. A repost is judged as itself and as what it repeats, for it carries those words.
 * A quote carries none of the quoted words: it is judged alone, and the quoted post on its own. For a viewer,
 * `protected` also says that the author blocks them.
 */
export function judge({ post, author, viewer, reposted }: VisibilityCase, audience: Audience): Verdict {
  if (post === 'deleted') return 'deleted';
  const verdict = author ? judgeStanding(author) : 'serve';
  if (verdict !== 'serve') return verdict;
  if (isWithheld(post.withheld)) return 'withheld';
  if (isClosed(author, viewer)) return 'protected';
  if (author && refuses(author, audience)) return 'refused';
  return reposted ? judge(reposted, audience) : 'serve';
}

type AccountVerdict = 'serve' | 'deleted' | 'suspended' | 'withheld';

/**
 * May this person's account leave? A protected account is public itself; only what it shares is not. A person of whom
 * only restrictions are known (username '') has no account to show.
 */
export function judgeAccount(person: Account | undefined): AccountVerdict {
  return person === undefined || person.username === '' ? 'deleted' : judgeStanding(person);
}

function judgeStanding(person: Pick<Standing, 'state' | 'withheld'>): AccountVerdict {
  if (person.state === 'deactivated') return 'deleted';
  if (person.state === 'suspended') return 'suspended';
  return isWithheld(person.withheld) ? 'withheld' : 'serve';
}

/** May a viewer see what this account shares beside its posts: follows, likes, lists? These follow the posts. */
export function judgeShared(person: (Account & Standing) | undefined, viewer?: Viewing): Verdict {
  const verdict = judgeAccount(person);
  if (verdict !== 'serve') return verdict;
  return isClosed(person, viewer) ? 'protected' : 'serve';
}

/** A protected person's posts are for followers; a person who blocks the viewer shows them nothing. */
function isClosed(person: Pick<Standing, 'protected'> | undefined, viewer: Viewing | undefined): boolean {
  if (viewer?.isSelf) return false;
  return viewer?.isBlocked === true || (person?.protected === true && !viewer?.follows);
}

/** Is there this list for a viewer? A private one is its owner's alone, and none outlives its owner's account. */
export function isListShown(
  list: Pick<PostList, 'private' | 'ownerId'>,
  owner: Account | undefined,
  viewer: string | undefined,
): boolean {
  return judgeAccount(owner) === 'serve' && (!list.private || list.ownerId === viewer);
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

/** Why licensees must let go of what they hold of this person. Withheld posts are told of one by one. */
export function removalReason(
  person: Pick<Standing, 'state' | 'protected'>,
): 'deactivated' | 'suspended' | 'protected' | undefined {
  if (person.state !== 'active') return person.state;
  return person.protected ? 'protected' : undefined;
}

/** What a person does with a post. `see` stands for acts that its author alone may do. */
export type ActOnPost = 'see' | 'like' | 'bookmark' | 'repost' | 'quote' | 'reply' | 'hide';
/** What a person does towards a person; `list-follow` goes to the list's owner. */
export type ActOnPerson = 'follow' | 'mute' | 'block' | 'list-add' | 'list-follow';

/**
 * Why an act is refused. `missing`: for this person there is no such thing, and the answer must not tell why (deleted,
 * never there, suspended, withheld, protected).
 */
export type ActRefusal = 'missing' | 'self' | 'blocked-by' | 'blocking' | 'protected-post';

/** Whose block refuses an act: the other person's, and the actor's own. */
type Blocks = { theirs: boolean; own: boolean };
const BOTH: Blocks = { theirs: true, own: true };
const NEITHER: Blocks = { theirs: false, own: false };

const POST_ACTS: Readonly<Record<ActOnPost, Blocks>> = {
  see: NEITHER,
  like: BOTH,
  // It reaches nobody, so the actor's own block is no obstacle; the author's is, for they show the actor nothing.
  bookmark: { theirs: true, own: false },
  repost: BOTH,
  quote: BOTH,
  reply: BOTH,
  // The author of a conversation moderates it whoever has blocked whom.
  hide: NEITHER,
};

/** May a person act on this post? @param one the post without a viewer. */
export function decideOnPost(
  act: ActOnPost,
  one: Omit<VisibilityCase, 'viewer'>,
  bond: ViewerRelation,
): ActRefusal | undefined {
  // A block is told from what is missing, as X does it, but never of a post that would be missing without the block.
  if (judge({ ...one, viewer: { ...bond, isBlocked: false } }, {}) !== 'serve') return 'missing';
  const blocked = refusedByBlock(POST_ACTS[act], bond);
  if (blocked) return blocked;
  const spreads = act === 'repost' || (act === 'quote' && !bond.isSelf);
  return spreads && one.author?.protected ? 'protected-post' : undefined;
}

const PERSON_ACTS: Readonly<Record<ActOnPerson, Blocks & { ofSelf: boolean }>> = {
  follow: { ...BOTH, ofSelf: false },
  mute: { ...NEITHER, ofSelf: false },
  block: { ...NEITHER, ofSelf: false },
  'list-add': { ...BOTH, ofSelf: true },
  'list-follow': { ...BOTH, ofSelf: true },
};

/** May a person do this towards that person? */
export function decideOnPerson(
  act: ActOnPerson,
  person: Account | undefined,
  bond: ViewerRelation,
): ActRefusal | undefined {
  const rule = PERSON_ACTS[act];
  if (bond.isSelf && !rule.ofSelf) return 'self';
  if (judgeAccount(person) !== 'serve') return 'missing';
  return refusedByBlock(rule, bond);
}

/**
 * May a person send that person a message?
 * @param isKnown the other person follows the sender or wrote to them: a protected person takes messages of no one else.
 */
export function mayMessage(
  person: (Account & Pick<Standing, 'protected'>) | undefined,
  bond: ViewerRelation,
  isKnown: boolean,
): boolean {
  if (bond.isSelf || judgeAccount(person) !== 'serve') return false;
  return refusedByBlock(BOTH, bond) === undefined && (!person?.protected || isKnown);
}

/** May a person answer in a conversation that the other person began? Whether they see its first post is not asked. */
export function decideOnConversation(bond: ViewerRelation): 'blocked-by' | 'blocking' | undefined {
  return refusedByBlock(BOTH, bond);
}

function refusedByBlock(
  { theirs, own }: Blocks,
  bond: ViewerRelation,
): 'blocked-by' | 'blocking' | undefined {
  if (bond.isSelf) return undefined;
  if (theirs && bond.isBlocked) return 'blocked-by';
  return own && bond.blocks ? 'blocking' : undefined;
}

/** The id of the post that this one repeats, if it is a repost. */
export function repostedId(post: Pick<Post, 'references'>): string | undefined {
  return post.references.find((reference) => reference.type === 'retweeted')?.id;
}
