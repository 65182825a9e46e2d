import type { Query } from '#search';
import { noPost } from '../../answer/subject.ts';
import { askOfPosts, POST_ASK } from '../../ask/ask.ts';
import { EXCLUDE_PARAMETER, type Exclude, excluded } from '../../ask/exclude.ts';
import { pathId } from '../../ask/parameter.ts';
import { readTimelinePlace } from '../../ask/token.ts';
import { operation, READING } from '../../operation.ts';
import { pageParameters } from '../../page/relation-page.ts';
import { searchListing } from '../../page/search-listing.ts';
import { type TimelineAsked, timelinePage } from '../../page/timeline-page.ts';

const ID = 'getPostsQuotedPosts';

export const getPostsQuotedPosts = operation({
  id: ID,
  path: '/2/tweets/{id}/quote_tweets',
  tag: 'Posts',
  summary: 'Posts that quote a post',
  about: 'Newest first. Found by the search index, so authors who refuse search are not in it.',
  auth: ['app', 'person'],
  scopes: READING,
  parameters: {
    id: pathId('id', 'Id of the quoted post.'),
    ...pageParameters(10, 100, 10),
    ...EXCLUDE_PARAMETER,
    ...POST_ASK,
  },
  answer: 'PostsAnswer',
  prepare: (values): TimelineAsked & { exclude: Exclude } => ({
    ask: askOfPosts(values),
    range: {},
    limit: values.maxResults,
    place: readTimelinePlace(ID, values),
    exclude: excluded(values.exclude),
  }),
  read(asked, world) {
    const none = noPost(world, asked.subject, asked);
    if (none) return none;
    const audience = { ...asked.audience, search: true };
    const list = searchListing(world, quotesOf(asked.subject, asked.query.exclude), audience);
    return timelinePage(ID, { ...asked, audience }, world, list, { hasEdges: false });
  },
});

function quotesOf(id: string, exclude: Exclude): Query {
  const quotes = { kind: 'post', relation: 'quotes_of_tweet_id', id } as const;
  const without = exclude.map((one): Query => {
    const flag = one === 'replies' ? 'is:reply' : 'is:retweet';
    return { kind: 'not', of: { kind: 'flag', flag } };
  });
  return without.length === 0 ? quotes : { kind: 'and', of: [quotes, ...without] };
}
