import { askOfPosts, POST_ASK } from '../../ask.ts';
import { operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { byId, type RelatedPostsAsked, relatedPosts } from '../../related-posts.ts';
import { pageParameters, readRelationPlace } from '../../relation-page.ts';
import { noPost } from '../../subject.ts';

const ID = 'getPostsReposts';

export const getPostsReposts = operation({
  id: ID,
  path: '/2/tweets/{id}/retweets',
  tag: 'Posts',
  summary: 'Reposts of a post',
  about: 'The reposts themselves, newest first.',
  auth: ['app', 'person'],
  scopes: READING,
  parameters: {
    id: pathId('id', 'Id of the post.'),
    ...pageParameters(1, 100, 100),
    ...POST_ASK,
  },
  answer: 'PostsAnswer',
  prepare: (values): RelatedPostsAsked => ({
    ask: askOfPosts(values),
    limit: values.maxResults,
    place: readRelationPlace(ID, values),
  }),
  read(asked, world) {
    const { subject } = asked;
    const reposts = byId((page) => world.relations.repostsOf(subject, page));
    return noPost(world, subject, asked) ?? relatedPosts(ID, asked, world, subject, reposts);
  },
});
