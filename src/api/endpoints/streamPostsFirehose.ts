import { operation } from '../operation.ts';
import {
  linePresenter,
  OPENING,
  prepareStream,
  STREAM_PARAMETERS,
  streamSpan,
} from '../stream/stream-page.ts';

export const streamPostsFirehose = operation({
  id: 'streamPostsFirehose',
  path: '/2/tweets/firehose/stream',
  tag: 'Streams',
  summary: 'All new posts',
  about: 'In twenty partitions.',
  auth: ['app'],
  parameters: {
    partition: {
      name: 'partition',
      kind: 'integer',
      min: 1,
      max: 20,
      required: true,
      fallback: 1,
      about: 'Which twentieth; together they are all posts.',
    },
    ...STREAM_PARAMETERS,
  },
  answer: 'StreamLine',
  prepare: (values) => ({ ...prepareStream(values), partition: values.partition }),
  read: () => OPENING,
  opens: ({ query, audience, now }, world) => ({
    stream: 'firehose_stream',
    selection: { of: 'all', partition: query.partition, partitions: 20 },
    ...streamSpan(query, now),
    present: linePresenter(query.ask, audience, world),
  }),
});
