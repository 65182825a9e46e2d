import { POST_ID } from '../answer/subject.ts';
import { askOfPosts, POST_ASK } from '../ask/ask.ts';
import { operation, READING } from '../operation.ts';
import { lookUpPosts } from '../page/look-up.ts';

export const getPostsById = operation({
  id: 'getPostsById',
  path: '/2/tweets/{id}',
  tag: 'Posts',
  summary: 'One post by its id',
  about: 'A post that is missing or may not be seen is a 200 that has only `errors`.',
  auth: ['app', 'person'],
  scopes: READING,
  parameters: {
    ...POST_ID,
    ...POST_ASK,
  },
  answer: 'PostAnswer',
  prepare: askOfPosts,
  read: (asked, world) => lookUpPosts(world, asked, [asked.subject], 'id', asked.query, 'one'),
});
