import { operation } from '../operation.ts';
import {
  opensPosts,
  POST_STREAM,
  partitionOf,
  prepareStream,
  STREAM_PARAMETERS,
  type StreamQuery,
} from '../stream/stream-page.ts';

const PARTITIONS = 20;

export const streamPostsFirehose = operation({
  ...POST_STREAM,
  id: 'streamPostsFirehose',
  path: '/2/tweets/firehose/stream',
  summary: 'All new posts',
  about: 'In twenty partitions.',
  parameters: {
    partition: partitionOf(PARTITIONS, 'Which twentieth; together they are all posts.'),
    ...STREAM_PARAMETERS,
  },
  prepare: (values): StreamQuery & { partition: number } => ({
    ...prepareStream(values),
    partition: values.partition,
  }),
  opens: opensPosts('firehose_stream', ({ partition }) => ({
    of: 'all',
    partition,
    partitions: PARTITIONS,
  })),
});
