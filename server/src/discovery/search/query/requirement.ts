import { METRIC_STEPS, mark, placeWords, urlWords } from '../index/marks.ts';
import { type FoldMode, fold } from '../index/tokenise.ts';
import type { Term } from './ast.ts';
import { cellsOf } from './geo.ts';

/** A run of tokens in one of a document's two columns. */
export type Match = { kind: 'match'; column: 'words' | 'marks'; run: string };

/**
 * What a term asks of a document. `any` lists runs of which one is enough (none at all: no post). Where tokens
 * cannot decide, `any` holds for every post that the term matches, `surely` for posts that it is sure to match, and
 * the predicate decides between the two.
 */
export type Requirement = { any: Match[] | 'every post'; surely?: Match[] };

/** Finds the ids behind what `from:` and its like are given. */
export type PersonIds = (who: string) => readonly string[];

/** Who is on a list that the searcher may see. A list that is not there, or is another's secret, has nobody. */
export type Lists = {
  /** Ids of its members; undefined where they are too many to be named in a query: then each author is asked for. */
  membersOf(listId: string): readonly string[] | undefined;
  isOn(listId: string, personId: string): boolean;
};

/** For who knows no lists: streams have no such operator. */
const NO_LISTS: Lists = { membersOf: () => [], isOn: () => false };

const EVERY_POST = 'every post';

export function requirementOf(
  term: Term,
  mode: FoldMode,
  personIds: PersonIds,
  lists: Lists = NO_LISTS,
): Requirement {
  switch (term.kind) {
    case 'keyword':
      return words(fold(term.text, mode));
    case 'phrase':
      return term.within === undefined ? words(fold(term.text, mode)) : { any: EVERY_POST, surely: [] };
    case 'hashtag':
      return marks(mark.hashtag(term.tag, mode));
    case 'cashtag':
      return marks(mark.cashtag(term.tag));
    case 'mention':
      return marks(mark.mention(term.username));
    case 'person':
      return personRequirement(term, personIds);
    case 'post':
      return marks(POST_MARK[term.relation](term.id));
    case 'flag':
      return marks(mark.flag(term.flag));
    case 'text':
      return term.field === 'list' ? listRequirement(term.value, lists) : textRequirement(term, mode);
    case 'number':
      return term.field === 'sample'
        ? { any: EVERY_POST, surely: [] }
        : metricRequirement(term.field, term.least);
    case 'range':
      return { any: EVERY_POST, surely: [] };
    case 'radius':
    case 'box': {
      const cells = cellsOf(term);
      const any = cells ? cells.map((cell) => match('marks', mark.cell(cell))) : [HAS_GEO];
      return { any, surely: [] };
    }
  }
}

const POST_MARK = {
  conversation_id: mark.conversation,
  in_reply_to_tweet_id: mark.inReplyTo,
  retweets_of_tweet_id: mark.retweetOf,
  quotes_of_tweet_id: mark.quoteOf,
} as const;
const PERSON_MARK = { from: mark.from, to: mark.to, retweets_of: mark.retweetsOf } as const;

function personRequirement(term: Term & { kind: 'person' }, personIds: PersonIds): Requirement {
  if (term.relation === 'from_affiliate_of') return { any: EVERY_POST, surely: [] };
  const markOf = PERSON_MARK[term.relation];
  return marks(...personIds(term.who).map(markOf));
}

function listRequirement(listId: string, lists: Lists): Requirement {
  const members = lists.membersOf(listId);
  return members ? marks(...members.map(mark.from)) : { any: EVERY_POST, surely: [] };
}

function textRequirement({ field, value }: Term & { kind: 'text' }, mode: FoldMode): Requirement {
  switch (field) {
    case 'url':
      return marks(urlWords(value, mode));
    case 'context': {
      const [domain = '', entity = ''] = value.split('.');
      if (domain === '*') return marks(mark.contextEntity(entity));
      return marks(entity === '*' ? mark.contextDomain(domain) : mark.context(domain, entity));
    }
    case 'entity':
      return marks(mark.entity(value, mode));
    case 'place':
      return marks(mark.placeId(value), placeWords(value, mode));
    case 'place_country':
      return marks(mark.country(value));
    case 'lang':
      return marks(mark.language(value));
    default:
      return { any: EVERY_POST, surely: [] };
  }
}

function metricRequirement(field: 'min_likes' | 'min_replies' | 'min_reposts', least: number): Requirement {
  if (least === 0) return { any: EVERY_POST };
  const below = METRIC_STEPS.findLast((step) => step <= least)!;
  const any = [match('marks', mark.metric(field, below))];
  if (below === least) return { any };
  const above = METRIC_STEPS.find((step) => step > least);
  return { any, surely: above === undefined ? [] : [match('marks', mark.metric(field, above))] };
}

const HAS_GEO = match('marks', mark.flag('has:geo'));

function words(run: string): Requirement {
  return { any: run === '' ? [] : [match('words', run)] };
}

function marks(...runs: string[]): Requirement {
  return { any: runs.filter((run) => run !== '').map((run) => match('marks', run)) };
}

function match(column: 'words' | 'marks', run: string): Match {
  return { kind: 'match', column, run };
}
