import { count, flag, id, list, object, ref, type Schema, text, time, uri } from '../../document/schema.ts';

const digits: Schema = { type: 'string', pattern: '^\\d+$' };
const minute: Schema = { type: 'string', pattern: '^[0-9]{12}$' };

const errors = list({
  type: 'object',
  properties: { title: text, detail: text, type: uri },
  required: ['title', 'type'],
});

function answer(data: Schema): Schema {
  return object({ data, errors });
}

/** Bodies and answers of the endpoints in this folder, by their names in the document. */
export const webhooksSchemas: Readonly<Record<string, Schema>> = {
  Webhook: object({ created_at: time, id, url: uri, valid: flag }, ['id', 'url']),
  WebhookRequest: object({ url: { type: 'string', maxLength: 2_048 } }, ['url']),
  WebhookAnswer: answer(ref('Webhook')),
  WebhooksAnswer: object(
    { data: list(ref('Webhook')), meta: object({ result_count: count }, ['result_count']) },
    ['meta'],
  ),
  WebhookValid: answer(object({ valid: flag }, ['valid'])),
  WebhookDeleted: answer(object({ deleted: flag }, ['deleted'])),
  LinkMade: answer(object({ provisioned: flag }, ['provisioned'])),
  LinksAnswer: object(
    {
      data: list(
        object({ application_id: text, created_at: time, fields: list(text), webhook_id: id }, [
          'application_id',
          'created_at',
          'webhook_id',
        ]),
      ),
      meta: object({ result_count: count }, ['result_count']),
    },
    ['meta'],
  ),
  SubscribedAnswer: answer(object({ subscribed: flag }, ['subscribed'])),
  SubscriptionsAnswer: answer(
    object(
      {
        application_id: text,
        webhook_id: id,
        webhook_url: uri,
        subscriptions: list(object({ user_id: id }, ['user_id'])),
      },
      ['application_id', 'webhook_id', 'webhook_url'],
    ),
  ),
  SubscriptionCount: answer(
    object(
      {
        provisioned_count: digits,
        subscriptions_count_all: digits,
        subscriptions_count_direct_messages: digits,
      },
      ['provisioned_count', 'subscriptions_count_all', 'subscriptions_count_direct_messages'],
    ),
  ),
  ReplayRequest: object({ webhook_id: id, from_date: minute, to_date: minute }, [
    'webhook_id',
    'from_date',
    'to_date',
  ]),
  ReplayAnswer: answer(object({ job_id: id, created_at: time }, ['job_id', 'created_at'])),
};
