import { problems } from '#kernel';
import { complianceSchemas } from '../endpoints/compliance/schemas.ts';
import { listsSchemas } from '../endpoints/lists/schemas.ts';
import { mediaSchemas } from '../endpoints/media/schemas.ts';
import { messagesSchemas } from '../endpoints/messages/schemas.ts';
import { peopleSchemas } from '../endpoints/people/schemas.ts';
import { webhooksSchemas } from '../endpoints/webhooks/schemas.ts';
import { writingSchemas } from '../endpoints/writing/schemas.ts';
import { count, flag, id, list, object, ref, type Schema, text, things, time, uri } from './schema.ts';

const includes = object({
  users: list(ref('Person')),
  tweets: list(ref('Post')),
  posts: list(ref('Post')),
  media: list(ref('Media')),
  polls: list(ref('Poll')),
  places: list(ref('Place')),
});

const errors = list(ref('PartialError'));

function answer(data: Schema, more: Record<string, Schema> = {}, required: readonly string[] = []): Schema {
  return object({ data, errors, ...more }, required);
}

/** An error inside an answer, with what X puts beside it. */
const problem: Schema = {
  type: 'object',
  properties: { title: text, detail: text, type: uri },
  required: ['title', 'type'],
};
const appRules = object({ client_app_id: text, rule_count: count }, ['client_app_id', 'rule_count']);

const usageDays = list(
  object({ date: time, usage: { type: 'string', pattern: '^\\d+$' } }, ['date', 'usage']),
);

const answers: Record<string, Schema> = {
  PostAnswer: answer(ref('Post'), { includes }),
  PostsAnswer: answer(list(ref('Post')), { includes, meta: ref('PageMeta') }),
  PersonAnswer: answer(ref('Person'), { includes }),
  PersonsAnswer: answer(list(ref('Person')), { includes }),
  CountsAnswer: object(
    {
      data: list(object({ start: time, end: time, tweet_count: count, post_count: count })),
      meta: object({ total_tweet_count: count, total_post_count: count, next_token: text }),
    },
    ['meta'],
  ),
  UsageAnswer: answer(
    object({
      cap_reset_day: { type: 'integer', minimum: 1, maximum: 31 },
      project_id: text,
      project_cap: { type: 'string', pattern: '^\\d+$' },
      project_usage: { type: 'string', pattern: '^\\d+$' },
      daily_project_usage: object({ project_id: text, usage: usageDays }, ['project_id', 'usage']),
      daily_client_app_usage: list(
        object({ client_app_id: text, usage: usageDays, usage_result_count: count }, [
          'client_app_id',
          'usage_result_count',
        ]),
      ),
    }),
    {},
    ['data'],
  ),
  StreamLine: object({
    data: ref('Post'),
    includes,
    errors: list(problem),
    matching_rules: list(ref('Rule')),
  }),
  Rule: object({ id, value: text, tag: text }, ['id']),
  RulesAnswer: object(
    {
      data: list(ref('Rule')),
      meta: object({ sent: time, result_count: count, next_token: text }, ['sent']),
    },
    ['meta'],
  ),
  RulesRequest: object({
    add: list(object({ value: text, tag: text }, ['value'])),
    delete: object({ ids: list(id), values: list(text) }),
  }),
  RulesUpdate: object(
    {
      data: list(ref('Rule')),
      meta: object(
        {
          sent: time,
          summary: object({
            created: count,
            not_created: count,
            valid: count,
            invalid: count,
            deleted: count,
            not_deleted: count,
          }),
        },
        ['sent', 'summary'],
      ),
      errors: list(problem),
    },
    ['meta'],
  ),
  RuleCounts: answer(
    object({
      all_project_client_apps: list(appRules),
      cap_per_client_app: text,
      cap_per_project: text,
      client_app_rules_count: appRules,
      project_rules_count: text,
    }),
    {},
    ['data'],
  ),
  ConnectionsAnswer: object(
    {
      data: list(
        object(
          {
            id: text,
            endpoint_name: text,
            connected_at: time,
            disconnected_at: time,
            disconnect_reason: text,
            client_ip: text,
          },
          ['id'],
        ),
      ),
      meta: object({ result_count: count, next_token: text }, ['result_count']),
    },
    ['meta'],
  ),
  UuidsRequest: object({ uuids: list(text) }, ['uuids']),
  KillsAnswer: answer(
    object(
      {
        successful_kills: count,
        failed_kills: count,
        results: list(object({ uuid: text, success: flag, error_message: text }, ['uuid', 'success'])),
      },
      ['successful_kills', 'failed_kills'],
    ),
    {},
    ['data'],
  ),
  DryRunAnswer: object(
    {
      dry_run: object(
        {
          operation: text,
          purpose: text,
          posts_delivered: count,
          posts_billed: count,
          persons_delivered: count,
          persons_billed: count,
          cost: { type: 'string', pattern: '^\\d+\\.\\d{6} USD$' },
          cost_micros: count,
          remaining: count,
          cut: flag,
        },
        ['operation', 'purpose', 'posts_delivered', 'posts_billed', 'cost', 'cost_micros', 'cut'],
      ),
    },
    ['dry_run'],
  ),
  PageMeta: object(
    { newest_id: id, oldest_id: id, result_count: count, next_token: text, previous_token: text },
    ['result_count'],
  ),
  PartialError: object(
    {
      value: text,
      detail: text,
      title: text,
      resource_type: { enum: ['tweet', 'user', 'list', 'media', 'place', 'poll', 'compliance_job'] },
      parameter: text,
      resource_id: text,
      section: { enum: ['data', 'includes'] },
      field: text,
      type: uri,
    },
    ['value', 'detail', 'title', 'resource_type', 'parameter', 'resource_id', 'type'],
  ),
  InvalidRequest: object(
    {
      errors: list(
        object(
          {
            parameters: { type: 'object', additionalProperties: { type: 'array', items: text } },
            message: text,
          },
          ['parameters', 'message'],
        ),
      ),
      title: { const: problems['invalid-request'].title },
      detail: text,
      type: uri,
    },
    ['title', 'detail', 'type'],
  ),
  Problem: {
    type: 'object',
    properties: {
      title: text,
      detail: text,
      type: uri,
      status: { type: 'integer', minimum: 400, maximum: 599 },
    },
    required: ['title', 'detail', 'type', 'status'],
  },
};

/** Every schema by its name in the document. */
export const schemas: Readonly<Record<string, Schema>> = {
  ...things,
  ...answers,
  ...writingSchemas,
  ...peopleSchemas,
  ...listsSchemas,
  ...mediaSchemas,
  ...complianceSchemas,
  ...webhooksSchemas,
  ...messagesSchemas,
};
