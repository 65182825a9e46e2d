import { noPerson } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { byId, relatedPosts } from '../../page/related-posts.ts';
import { pageParameters, relationPageQuery } from '../../page/relation-page.ts';
import { POST_SELECTION, postSelection } from '../../params/field-selection.ts';

const ID = 'getUsersRepostsOfMe';

export const getUsersRepostsOfMe = operation({
  id: ID,
  path: '/2/users/reposts_of_me',
  tag: 'Persons',
  summary: 'Own posts that others reposted',
  about: 'The posts of the person whose token it is, newest first; who reposted them is asked post by post.',
  auth: ['person'],
  scopes: READING,
  parameters: { ...pageParameters(1, 100, 100), ...POST_SELECTION },
  answer: 'PostsAnswer',
  prepare: (values) => relationPageQuery(ID, postSelection(values), values),
  read(context, deps) {
    const me = context.viewer ?? '';
    const reposted = byId((page) => deps.relations.repostedPostsOf(me, page));
    return noPerson(deps, me, context) ?? relatedPosts(ID, context, deps, me, reposted);
  },
});
