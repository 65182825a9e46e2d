import { operation } from '../operation.ts';
import { COUNT_PARAMETERS, countPage, prepareCount } from '../page/count-page.ts';

export const getPostsCountsRecent = operation({
  id: 'getPostsCountsRecent',
  path: '/2/tweets/counts/recent',
  tag: 'Posts',
  summary: 'Counts of the last seven days',
  about: 'How many posts match, by minute, hour or day. Posts that may not be seen are not counted.',
  auth: ['app'],
  parameters: COUNT_PARAMETERS,
  answer: 'CountsAnswer',
  prepare: (values) => prepareCount('getPostsCountsRecent', values),
  read: (context, deps) => countPage('getPostsCountsRecent', 'recent', context, deps),
});
