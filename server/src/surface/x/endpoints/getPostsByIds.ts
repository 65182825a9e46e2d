import { operation, READING } from '../operation.ts';
import { lookUpPosts } from '../page/look-up.ts';
import { POST_SELECTION, postSelection } from '../params/field-selection.ts';

export const getPostsByIds = operation({
  id: 'getPostsByIds',
  path: '/2/tweets',
  tag: 'Posts',
  summary: 'Posts by their ids',
  about:
    'Answers in the order of the ids. Each id that is missing or may not be seen has its entry in `errors`.',
  auth: ['app', 'person'],
  scopes: READING,
  parameters: {
    ids: {
      name: 'ids',
      kind: 'ids',
      max: 100,
      required: true,
      about: 'Ids of 1 to 100 posts, separated by commas.',
    },
    ...POST_SELECTION,
  },
  answer: 'PostsAnswer',
  prepare: (values) => ({ ids: values.ids, ask: postSelection(values) }),
  read: (context, deps) => lookUpPosts(deps, context, context.query.ids, 'ids', context.query.ask, 'many'),
});
