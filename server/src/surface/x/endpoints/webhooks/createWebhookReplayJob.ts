import { isId, Problem } from '#kernel';
import { operation } from '../../operation.ts';
import { beginReplay, checkReplay } from '../../webhook/replay-request.ts';

type ReplayBody = { webhookId: string; from: unknown; to: unknown };

function replayOf(body: unknown): ReplayBody {
  const given = (body ?? {}) as { webhook_id?: unknown; from_date?: unknown; to_date?: unknown };
  const { webhook_id: webhookId, from_date: from, to_date: to } = given;
  if (typeof webhookId !== 'string' || !isId(webhookId))
    throw new Problem('body-invalid', {
      detail: 'The body is {"webhook_id", "from_date", "to_date"}, as texts.',
    });
  return { webhookId, from, to };
}

export const createWebhookReplayJob = operation({
  id: 'createWebhookReplayJob',
  path: '/2/webhooks/replay',
  method: 'POST',
  tag: 'Webhooks',
  summary: 'Tells a webhook again what happened',
  about: 'The same as `createAccountActivityReplayJob`, by a body.',
  auth: ['app'],
  writes: true,
  body: 'ReplayRequest',
  parameters: {},
  answer: 'ReplayAnswer',
  prepare: () => undefined,
  check: (context) => checkReplay(context, replayOf(context.body)),
  read(context, deps) {
    const replay = replayOf(context.body);
    return beginReplay(context, deps, replay.webhookId, replay);
  },
});
