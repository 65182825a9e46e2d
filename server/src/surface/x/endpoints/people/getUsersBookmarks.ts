import { OF_SELF } from '../../answer/subject.ts';
import { READING } from '../../operation.ts';
import { relatedPostsPage } from '../../page/related-posts.ts';
import { related } from '../../page/relation-page.ts';

export const getUsersBookmarks = relatedPostsPage({
  id: 'getUsersBookmarks',
  path: '/2/users/{id}/bookmarks',
  tag: 'Persons',
  summary: "A person's bookmarks",
  about: 'What was bookmarked last comes first. Nobody else sees them.',
  auth: ['person'],
  own: true,
  oauth2Only: true,
  scopes: [...READING, 'bookmark.read'],
  of: OF_SELF,
  pageSize: [1, 100, 100],
  list: (deps, id) => related(deps, 'bookmark', { from: id }),
});
