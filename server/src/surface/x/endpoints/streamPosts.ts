import { operation } from '../operation.ts';
import { opensPosts, POST_STREAM, prepareStream, STREAM_PARAMETERS } from '../stream/stream-page.ts';

export const streamPosts = operation({
  ...POST_STREAM,
  id: 'streamPosts',
  path: '/2/tweets/search/stream',
  summary: 'New posts that match the app’s rules',
  about:
    'Each line is a post with the rules that it matches. An empty line at least every 20 seconds keeps the connection.',
  parameters: STREAM_PARAMETERS,
  prepare: prepareStream,
  opens: opensPosts('filtered_stream', () => ({ of: 'rules' })),
});
