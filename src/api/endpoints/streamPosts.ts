import { operation } from '../operation.ts';
import {
  linePresenter,
  OPENING,
  prepareStream,
  STREAM_PARAMETERS,
  streamSpan,
} from '../stream/stream-page.ts';

export const streamPosts = operation({
  id: 'streamPosts',
  path: '/2/tweets/search/stream',
  tag: 'Streams',
  summary: 'New posts that match the app’s rules',
  about:
    'Each line is a post with the rules that it matches. An empty line at least every 20 seconds keeps the connection.',
  auth: ['app'],
  parameters: STREAM_PARAMETERS,
  answer: 'StreamLine',
  prepare: prepareStream,
  read: () => OPENING,
  opens: ({ query, audience, now }, world) => ({
    stream: 'filtered_stream',
    selection: { of: 'rules' },
    ...streamSpan(query, now),
    present: linePresenter(query.ask, audience, world),
  }),
});
