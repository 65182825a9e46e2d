import { OF_POST } from '../../answer/subject.ts';
import { READING } from '../../operation.ts';
import { byId, relatedPostsPage } from '../../page/related-posts.ts';

export const getPostsReposts = relatedPostsPage({
  id: 'getPostsReposts',
  path: '/2/tweets/{id}/retweets',
  tag: 'Posts',
  summary: 'Reposts of a post',
  about: 'The reposts themselves, newest first.',
  auth: ['app', 'person'],
  scopes: READING,
  of: OF_POST,
  pageSize: [1, 100, 100],
  list: ({ relations }, id) => byId((page) => relations.repostsOf(id, page)),
});
