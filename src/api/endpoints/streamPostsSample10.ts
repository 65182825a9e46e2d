import { operation } from '../operation.ts';
import {
  linePresenter,
  OPENING,
  prepareStream,
  STREAM_PARAMETERS,
  streamSpan,
} from '../stream/stream-page.ts';

export const streamPostsSample10 = operation({
  id: 'streamPostsSample10',
  path: '/2/tweets/sample10/stream',
  tag: 'Streams',
  summary: 'One in ten of the new posts',
  about: 'In two partitions. The one in a hundred is part of it.',
  auth: ['app'],
  parameters: {
    partition: {
      name: 'partition',
      kind: 'integer',
      min: 1,
      max: 2,
      required: true,
      fallback: 1,
      about: 'Which half; together they are the sample.',
    },
    ...STREAM_PARAMETERS,
  },
  answer: 'StreamLine',
  prepare: (values) => ({ ...prepareStream(values), partition: values.partition }),
  read: () => OPENING,
  opens: ({ query, audience, now }, world) => ({
    stream: 'sample10_stream',
    selection: { of: 'sample', percent: 10, partition: query.partition, partitions: 2 },
    ...streamSpan(query, now),
    present: linePresenter(query.ask, audience, world),
  }),
});
