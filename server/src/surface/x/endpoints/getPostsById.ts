import { POST_ID } from '../answer/subject.ts';
import { operation, READING } from '../operation.ts';
import { lookUpPosts } from '../page/look-up.ts';
import { POST_SELECTION, postSelection } from '../params/field-selection.ts';

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
    ...POST_SELECTION,
  },
  answer: 'PostAnswer',
  prepare: postSelection,
  read: (context, deps) => lookUpPosts(deps, context, [context.subject], 'id', context.query, 'one'),
});
