import { operation } from '../operation.ts';
import { disconnectAnswer } from '../stream/disconnect.ts';

export const deleteAllConnections = operation({
  id: 'deleteAllConnections',
  path: '/2/connections/all',
  method: 'DELETE',
  tag: 'Streams',
  summary: 'Ends all of the app’s stream connections',
  about: 'Their places are free at once: a connection whose cable was cut locks nobody out.',
  auth: ['app'],
  parameters: {},
  answer: 'KillsAnswer',
  prepare: () => undefined,
  read: ({ admission }, { streams }) =>
    disconnectAnswer(admission.dryRun ? [] : streams.end(admission.caller.appId, () => true)),
});
