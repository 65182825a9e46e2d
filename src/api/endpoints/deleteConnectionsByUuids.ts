import { Problem } from '#kernel';
import { operation } from '../operation.ts';
import { killsAnswer } from '../stream/kills.ts';
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
    if (admission.dryRun) return killsAnswer([]);
    const wanted = new Set(uuids);
    const ended = streams.end(admission.caller.appId, ({ id }) => wanted.has(id));
    return killsAnswer(
      ended,
      [...wanted].filter((uuid) => !ended.includes(uuid)),
    );
  },
});
