import { operation } from '../operation.ts';
import {
  opensPosts,
  POST_STREAM,
  partitionOf,
  prepareStream,
  STREAM_PARAMETERS,
  type StreamQuery,
} from '../stream/stream-page.ts';

const PARTITIONS = 2;

export const streamPostsSample10 = operation({
  ...POST_STREAM,
  id: 'streamPostsSample10',
  path: '/2/tweets/sample10/stream',
  summary: 'One in ten of the new posts',
  about: 'In two partitions. The one in a hundred is part of it.',
  parameters: {
    partition: partitionOf(PARTITIONS, 'Which half; together they are the sample.'),
    ...STREAM_PARAMETERS,
  },
  prepare: (values): StreamQuery & { partition: number } => ({
    ...prepareStream(values),
    partition: values.partition,
  }),
  opens: opensPosts('sample10_stream', ({ partition }) => ({
    of: 'sample',
    percent: 10,
    partition,
    partitions: PARTITIONS,
  })),
});
