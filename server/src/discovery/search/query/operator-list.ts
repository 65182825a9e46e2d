import { findOperator, OPERATOR_NAMES } from './operators.ts';

/** One operator of the query language as documentation shows it. */
export type OperatorEntry = {
  /** As it is written: `from:`, `has:links`; words and tags by an example, `"flat white"`. */
  name: string;
  /** A whole query that is accepted wherever the operator is. */
  example: string;
  /** `search`: the search and counts endpoints; `stream`: stream rules. */
  where: readonly ('search' | 'stream')[];
  /** False: needs an operator that stands alone next to it. */
  standsAlone: boolean;
  /** Ends the sentence "Finds posts …". */
  summary: string;
};

const BOTH = ['search', 'stream'] as const;

/** Text, tags and mentions: operators without a name. */
const WITHOUT_NAME: readonly OperatorEntry[] = [
  {
    name: 'coffee',
    example: 'coffee',
    where: BOTH,
    standsAlone: true,
    summary:
      'with the word. `coca-cola` finds the two words in a row; scripts without spaces are searched inside sentences',
  },
  { name: '😀', example: '😀', where: BOTH, standsAlone: true, summary: 'with the emoji' },
  {
    name: '"flat white"',
    example: '"flat white"',
    where: BOTH,
    standsAlone: true,
    summary:
      'with the words in this order. `\\"` is a quote inside; text with a colon needs quotes: `"7:30"`',
  },
  {
    name: '"flat white"~N',
    example: '"flat white"~2',
    where: ['stream'],
    standsAlone: true,
    summary: 'with the words at most N (1 to 6) apart',
  },
  { name: '#tag', example: '#climate', where: BOTH, standsAlone: true, summary: 'with exactly this hashtag' },
  { name: '$cash', example: '$TWTR', where: BOTH, standsAlone: true, summary: 'with exactly this symbol' },
  {
    name: '@user',
    example: '@XDevelopers',
    where: BOTH,
    standsAlone: true,
    summary: 'that mention this person',
  },
];

/** Per name an example and a summary. Where an operator works and whether it stands alone, the parser's table says. */
const DESCRIBED: Record<string, readonly [example: string, summary: string]> = {
  'from:': ['from:XDevelopers', 'by this person: a username or an id'],
  'to:': ['to:XDevelopers', 'in reply to this person: a username or an id'],
  'retweets_of:': ['retweets_of:XDevelopers', 'that repost a post of this person: a username or an id'],
  'from_affiliate_of:': ['from_affiliate_of:X', 'by a person affiliated with this one: a username or an id'],
  'conversation_id:': [
    'conversation_id:1334987486343299072',
    'in the conversation that began with this post',
  ],
  'in_reply_to_tweet_id:': ['in_reply_to_tweet_id:1334987486343299072', 'directly in reply to this post'],
  'in_reply_to_status_id:': [
    'in_reply_to_status_id:1334987486343299072',
    'directly in reply to this post (another name of `in_reply_to_tweet_id:`)',
  ],
  'retweets_of_tweet_id:': ['retweets_of_tweet_id:1334987486343299072', 'that repost this post'],
  'retweets_of_status_id:': [
    'retweets_of_status_id:1334987486343299072',
    'that repost this post (another name of `retweets_of_tweet_id:`)',
  ],
  'quotes_of_tweet_id:': ['quotes_of_tweet_id:1334987486343299072', 'that quote this post'],
  'url:': ['url:"example.com/shop"', 'with a link whose address, short or full, has these words in a row'],
  'url_title:': ['url_title:recipes', "by words of the linked page's title"],
  'url_description:': ['url_description:recipes', "by words of the linked page's description"],
  'url_contains:': ['url_contains:shop', 'with a link whose address contains this text'],
  'context:': [
    'context:47.113',
    'with a context annotation, domain.entity; one of the two may be `*`: `context:47.*`',
  ],
  'entity:': ['entity:"Michael Jordan"', 'about a named entity, by its whole name'],
  'place:': ['place:"new york"', 'tagged with a place, by its id or a run of words of its name'],
  'place_country:': ['place_country:US', 'tagged with a place in a country (ISO 3166-1, two letters)'],
  'point_radius:': [
    'point_radius:[2.35 48.86 16km]',
    'within a circle: `[longitude latitude radius]`, at most 25mi',
  ],
  'bounding_box:': [
    'bounding_box:[-105.30 39.96 -105.17 40.09]',
    'within a box: `[west south east north]` in degrees',
  ],
  'list:': [
    'list:84839422',
    'by members of a list, as they are now. A list that is private to somebody else has none',
  ],
  'min_likes:': ['min_likes:100', 'with at least so many likes'],
  'min_replies:': ['min_replies:10', 'with at least so many replies'],
  'min_reposts:': ['min_reposts:10', 'with at least so many reposts'],
  'bio:': ['bio:developer', "by words of the author's description"],
  'bio_name:': ['bio_name:phd', "by words of the author's name"],
  'bio_location:': ['bio_location:tokyo', "by words of the author's location"],
  'followers_count:': [
    'followers_count:500',
    'whose author has at least so many followers, or between two numbers: `100..500`',
  ],
  'following_count:': [
    'following_count:500',
    'whose author follows at least so many people, or between two numbers: `100..500`',
  ],
  'tweets_count:': [
    'tweets_count:1000',
    'whose author has at least so many posts, or between two numbers: `100..500`',
  ],
  'listed_count:': [
    'listed_count:10',
    'whose author is on at least so many lists, or between two numbers: `10..50`',
  ],
  'source:': ['source:"Twitter for iPhone"', 'written with this app'],
  'is:retweet': ['coffee is:retweet', 'that repost another'],
  'is:reply': ['coffee is:reply', 'that reply to another'],
  'is:quote': ['coffee is:quote', 'that quote another'],
  'is:verified': ['coffee is:verified', 'by a verified person'],
  'is:nullcast': ['coffee -is:nullcast', 'that are promoted only; always negated: `-is:nullcast`'],
  'has:hashtags': ['coffee has:hashtags', 'with a hashtag'],
  'has:cashtags': ['coffee has:cashtags', 'with a symbol such as `$TWTR`'],
  'has:mentions': ['coffee has:mentions', 'that mention somebody'],
  'has:links': ['coffee has:links', 'with a link or media'],
  'has:media': ['coffee has:media', 'with pictures, GIFs or videos'],
  'has:images': ['coffee has:images', 'with a picture or GIF'],
  'has:videos': ['coffee has:videos', 'with a video'],
  'has:video_link': ['coffee has:video_link', 'with a video (another name of `has:videos`)'],
  'has:geo': ['coffee has:geo', 'with a position or place'],
  'lang:': ['coffee lang:en', 'in a language (BCP 47)'],
  'sample:': ['coffee sample:10', 'a percentage of them, the same ones for everybody'],
};

/**
 * All operators of the query language, those that stand alone first: the one list that `/docs` shows, the reference is
 * tested against and errors point to.
 */
export const operatorList: readonly OperatorEntry[] = [
  ...WITHOUT_NAME,
  ...OPERATOR_NAMES.map(describe).sort((a, b) => Number(b.standsAlone) - Number(a.standsAlone)),
];

function describe(name: string): OperatorEntry {
  const [key = '', value = ''] = name.split(':');
  const operator = findOperator(key, value);
  const described = DESCRIBED[name];
  if (!operator || !described) throw new Error(`the operator ${name} has no description`);
  const [example, summary] = described;
  const where = operator.only ? [operator.only] : BOTH;
  return { name, example, where, standsAlone: operator.needsClause !== true, summary };
}
