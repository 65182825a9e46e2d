import { operation, READING } from '../operation.ts';
import { prepareSearch, searchPage, searchParameters } from '../page/search-page.ts';

export const searchPostsRecent = operation({
  id: 'searchPostsRecent',
  path: '/2/tweets/search/recent',
  tag: 'Posts',
  summary: 'Search the last seven days',
  about: 'Newest first. `end_time` is 30 seconds ago by default and must be at least 10 seconds ago.',
  auth: ['app', 'person'],
  scopes: READING,
  parameters: searchParameters(100),
  answer: 'PostsAnswer',
  prepare: (values) => prepareSearch('searchPostsRecent', values),
  read: (context, deps) => searchPage('searchPostsRecent', 'recent', context, deps),
});
