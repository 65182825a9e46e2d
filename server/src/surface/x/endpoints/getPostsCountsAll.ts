import { operation } from '../operation.ts';
import { COUNT_PARAMETERS, countPage, prepareCount } from '../page/count-page.ts';

export const getPostsCountsAll = operation({
  id: 'getPostsCountsAll',
  path: '/2/tweets/counts/all',
  tag: 'Posts',
  summary: 'Counts of the whole archive',
  about:
    'Pages of 31 days, the newest first; without `start_time` or `since_id` it goes back 30 days from the end.',
  auth: ['app'],
  parameters: COUNT_PARAMETERS,
  answer: 'CountsAnswer',
  prepare: (values) => prepareCount('getPostsCountsAll', values),
  read: (context, deps) => countPage('getPostsCountsAll', 'archive', context, deps),
});
