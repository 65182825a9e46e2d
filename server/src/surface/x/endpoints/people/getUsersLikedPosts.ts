import { OF_PERSON } from '../../answer/subject.ts';
import { READING } from '../../operation.ts';
import { relatedPostsPage } from '../../page/related-posts.ts';
import { related } from '../../page/relation-page.ts';

export const getUsersLikedPosts = relatedPostsPage({
  id: 'getUsersLikedPosts',
  path: '/2/users/{id}/liked_tweets',
  tag: 'Persons',
  summary: 'Posts that a person likes',
  about: 'What was liked last comes first.',
  auth: ['app', 'person'],
  scopes: [...READING, 'like.read'],
  of: OF_PERSON,
  pageSize: [5, 100, 100],
  list: (deps, id) => related(deps, 'like', { from: id }),
});
