import { operation } from '../operation.ts';
import { prepareSearch, searchPage, searchParameters } from '../page/search-page.ts';

export const searchPostsAll = operation({
  id: 'searchPostsAll',
  path: '/2/tweets/search/all',
  tag: 'Posts',
  summary: 'Search the whole archive',
  about: 'Newest first. Without `start_time` or `since_id` it goes back 30 days from the end.',
  auth: ['app'],
  parameters: searchParameters(500),
  answer: 'PostsAnswer',
  prepare: (values) => prepareSearch('searchPostsAll', values),
  read: (context, deps) => searchPage('searchPostsAll', 'archive', context, deps),
});
