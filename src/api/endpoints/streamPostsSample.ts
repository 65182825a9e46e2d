import { operation } from '../operation.ts';
import {
  linePresenter,
  OPENING,
  prepareStream,
  STREAM_PARAMETERS,
  streamSpan,
} from '../stream/stream-page.ts';

export const streamPostsSample = operation({
  id: 'streamPostsSample',
  path: '/2/tweets/sample/stream',
  tag: 'Streams',
  summary: 'One in a hundred of the new posts',
  about: 'Which ones is a property of the id: everybody gets the same.',
  auth: ['app'],
  parameters: STREAM_PARAMETERS,
  answer: 'StreamLine',
  prepare: prepareStream,
  read: () => OPENING,
  opens: ({ query, audience, now }, world) => ({
    stream: 'sample_stream',
    selection: { of: 'sample', percent: 1 },
    ...streamSpan(query, now),
    present: linePresenter(query.ask, audience, world),
  }),
});
