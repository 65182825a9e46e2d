import { operation } from '../../operation.ts';
import { beginReplay, checkReplay } from '../../webhook/replay-request.ts';
import { WEBHOOK_ID } from '../../webhook/webhook-page.ts';

const MINUTE = '^[0-9]{12}$';

export const createAccountActivityReplayJob = operation({
  id: 'createAccountActivityReplayJob',
  path: '/2/account_activity/replay/webhooks/{webhook_id}/subscriptions/all',
  method: 'POST',
  tag: 'Webhooks',
  summary: 'Tells a webhook again what happened',
  about:
    'In a time of the last 24 hours, to those who were subscribed then. A `replay_job_status` ends it. One at a time for a webhook.',
  auth: ['app'],
  writes: true,
  parameters: {
    ...WEBHOOK_ID,
    from: {
      name: 'from_date',
      kind: 'pattern',
      pattern: MINUTE,
      required: true,
      about: 'First minute, `yyyymmddhhmm` in UTC.',
    },
    to: {
      name: 'to_date',
      kind: 'pattern',
      pattern: MINUTE,
      required: true,
      about: 'Last minute, `yyyymmddhhmm` in UTC.',
    },
  },
  answer: 'ReplayAnswer',
  prepare: ({ from, to }) => ({ from, to }),
  check: (context) => checkReplay(context, context.query),
  read: (context, deps) => beginReplay(context, deps, context.subject, context.query),
});
