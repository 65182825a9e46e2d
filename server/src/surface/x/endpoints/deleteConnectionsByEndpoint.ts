import { operation } from '../operation.ts';
import { disconnectAnswer } from '../stream/disconnect.ts';
import { STREAM_ENDPOINTS } from '../vocabulary.ts';

export const deleteConnectionsByEndpoint = operation({
  id: 'deleteConnectionsByEndpoint',
  path: '/2/connections/{endpoint_id}',
  method: 'DELETE',
  tag: 'Streams',
  summary: 'Ends the app’s connections to one stream',
  about: 'Their places are free at once.',
  auth: ['app'],
  parameters: {
    endpoint: {
      name: 'endpoint_id',
      kind: 'one',
      of: STREAM_ENDPOINTS.words,
      fallback: 'filtered_stream',
      in: 'path',
      required: true,
      about: 'The stream, as `endpoint_name` of `GET /2/connections` has it.',
    },
  },
  answer: 'KillsAnswer',
  prepare: () => undefined,
  read: ({ admission, subject }, { streams }) =>
    disconnectAnswer(
      admission.dryRun ? [] : streams.end(admission.caller.appId, ({ stream }) => stream === subject),
    ),
});
