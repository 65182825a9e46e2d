import type { Query } from '#search';
import { noPost } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { pageParameters } from '../../page/relation-page.ts';
import { searchListing } from '../../page/search-listing.ts';
import { type TimelineQuery, timelinePage } from '../../page/timeline-page.ts';
import { EXCLUDE_PARAMETER, type Exclude, excluded } from '../../params/exclude.ts';
import { POST_SELECTION, postSelection } from '../../params/field-selection.ts';
import { pathId } from '../../params/parameter.ts';
import { readTimelinePlace } from '../../params/token.ts';

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
    ...POST_SELECTION,
  },
  answer: 'PostsAnswer',
  prepare: (values): TimelineQuery & { exclude: Exclude } => ({
    fields: postSelection(values),
    range: {},
    limit: values.maxResults,
    place: readTimelinePlace(ID, values),
    exclude: excluded(values.exclude),
  }),
  read(context, deps) {
    const none = noPost(deps, context.subject, context);
    if (none) return none;
    const audience = { ...context.audience, search: true };
    const list = searchListing(deps, quotesOf(context.subject, context.query.exclude), audience);
    return timelinePage(ID, { ...context, audience }, deps, list, { hasEdges: false });
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
