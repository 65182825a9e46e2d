import { count, flag, id, list, object, ref, type Schema, text, time, uri } from '../../schema.ts';

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
  ComplianceJobsAnswer: object(
    { data: list(ref('ComplianceJob')), meta: object({ result_count: count }, ['result_count']) },
    ['meta'],
  ),
};
