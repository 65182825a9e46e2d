import { noPerson } from '../../answer/subject.ts';
import { askOfPosts, POST_ASK } from '../../ask/ask.ts';
import { operation, READING } from '../../operation.ts';
import { byId, relatedPosts } from '../../page/related-posts.ts';
import { pageAsked, pageParameters } from '../../page/relation-page.ts';

const ID = 'getUsersRepostsOfMe';

export const getUsersRepostsOfMe = operation({
  id: ID,
  path: '/2/users/reposts_of_me',
  tag: 'Persons',
  summary: 'Own posts that others reposted',
  about: 'The posts of the person whose token it is, newest first; who reposted them is asked post by post.',
  auth: ['person'],
  scopes: READING,
  parameters: { ...pageParameters(1, 100, 100), ...POST_ASK },
  answer: 'PostsAnswer',
  prepare: (values) => pageAsked(ID, askOfPosts(values), values),
  read(asked, world) {
    const me = asked.viewer ?? '';
    const reposted = byId((page) => world.relations.repostedPostsOf(me, page));
    return noPerson(world, me, asked) ?? relatedPosts(ID, asked, world, me, reposted);
  },
});
