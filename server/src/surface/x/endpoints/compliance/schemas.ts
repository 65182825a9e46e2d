import { count, flag, id, list, object, ref, type Schema, text, time, uri } from '../../document/schema.ts';

const user = object({ id }, ['id']);
const tweet = object({ id, author_id: id }, ['id', 'author_id']);
const countries: Schema = { type: 'array', items: text };
/** One of these words, with what happened. */
function happened(events: Record<string, Schema>): Schema {
  return { oneOf: Object.entries(events).map(([name, event]) => object({ [name]: event }, [name])) };
}
const ofTweet = object({ tweet, event_at: time, quote_tweet_id: id }, ['tweet', 'event_at']);
const ofUser = object({ user, event_at: time }, ['user', 'event_at']);

const type: Schema = { enum: ['tweets', 'users'] };

/** Bodies and answers of the endpoints in this folder, by their names in the document. */
export const complianceSchemas: Readonly<Record<string, Schema>> = {
  ComplianceJob: object(
    {
      id,
      type,
      name: text,
      resumable: flag,
      status: { enum: ['created', 'in_progress', 'complete', 'failed', 'expired'] },
      created_at: time,
      upload_url: uri,
      upload_expires_at: time,
      download_url: uri,
      download_expires_at: time,
      error: text,
    },
    [
      'id',
      'type',
      'resumable',
      'status',
      'created_at',
      'upload_url',
      'upload_expires_at',
      'download_url',
      'download_expires_at',
    ],
  ),
  ComplianceJobRequest: object({ type, name: text, resumable: flag }, ['type']),
  ComplianceJobAnswer: object({ data: ref('ComplianceJob'), errors: list(ref('PartialError')) }),
  PostsComplianceLine: object({
    data: happened({
      delete: ofTweet,
      drop: ofTweet,
      undrop: ofTweet,
      withheld: object({ tweet, withheld_in_countries: countries, event_at: time, quote_tweet_id: id }, [
        'tweet',
        'withheld_in_countries',
        'event_at',
      ]),
      tweet_edit: object(
        { tweet: object({ id }, ['id']), initial_tweet_id: id, edit_tweet_ids: list(id), event_at: time },
        ['tweet', 'initial_tweet_id', 'edit_tweet_ids', 'event_at'],
      ),
    }),
    errors: list({ type: 'object' }),
  }),
  UsersComplianceLine: object({
    data: happened({
      user_delete: ofUser,
      user_undelete: ofUser,
      user_protect: ofUser,
      user_unprotect: ofUser,
      user_suspend: ofUser,
      user_unsuspend: ofUser,
      user_withheld: object({ user, withheld_in_countries: countries, event_at: time }, [
        'user',
        'withheld_in_countries',
        'event_at',
      ]),
      user_profile_modification: object({ user, profile_field: text, new_value: text, event_at: time }, [
        'user',
        'profile_field',
        'new_value',
        'event_at',
      ]),
      scrub_geo: object({ user, up_to_tweet_id: id, event_at: time }, ['user', 'up_to_tweet_id', 'event_at']),
    }),
    errors: list({ type: 'object' }),
  }),
  ComplianceJobsAnswer: object({
    data: list(ref('ComplianceJob')),
    meta: object({ result_count: count }, ['result_count']),
  }),
};
