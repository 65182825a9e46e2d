import { Problem } from '#kernel';
import { operation } from '../operation.ts';
import { disconnectAnswer } from '../stream/disconnect.ts';
import { texts } from '../stream/rule-body.ts';

const UUIDS_MAX = 100;

export const deleteConnectionsByUuids = operation({
  id: 'deleteConnectionsByUuids',
  path: '/2/connections',
  method: 'DELETE',
  tag: 'Streams',
  summary: 'Ends some of the app’s stream connections',
  about: 'By their ids, 1 to 100.',
  auth: ['app'],
  body: 'UuidsRequest',
  parameters: {},
  answer: 'KillsAnswer',
  prepare: () => undefined,
  read({ admission, body }, { streams }) {
    const uuids = texts((body as { uuids?: unknown } | null | undefined)?.uuids, 'uuids');
    if (uuids.length === 0 || uuids.length > UUIDS_MAX)
      throw new Problem('body-invalid', { detail: `\`uuids\` names 1 to ${UUIDS_MAX} connections.` });
    if (admission.dryRun) return disconnectAnswer([]);
    const wanted = new Set(uuids);
    const ended = streams.end(admission.caller.appId, ({ id }) => wanted.has(id));
    return disconnectAnswer(
      ended,
      [...wanted].filter((uuid) => !ended.includes(uuid)),
    );
  },
});
