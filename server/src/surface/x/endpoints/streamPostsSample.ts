import { operation } from '../operation.ts';
import { opensPosts, POST_STREAM, prepareStream, STREAM_PARAMETERS } from '../stream/stream-page.ts';

export const streamPostsSample = operation({
  ...POST_STREAM,
  id: 'streamPostsSample',
  path: '/2/tweets/sample/stream',
  summary: 'One in a hundred of the new posts',
  about: 'Which ones is a property of the id: everybody gets the same.',
  parameters: STREAM_PARAMETERS,
  prepare: prepareStream,
  opens: opensPosts('sample_stream', () => ({ of: 'sample', percent: 1 })),
});
