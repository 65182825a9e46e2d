import type { ComplianceJob, JobType } from '#compliance';
import { vocabulary } from '../../vocabulary.ts';

/** X's words for what a job asks about. */
export const JOB_TYPES = ['tweets', 'users'] as const;

export function jobTypeOf(word: string): JobType {
  return word === 'users' ? 'persons' : 'posts';
}

/** X shows all of them, asked or not. */
export const JOB_FIELDS = {
  fields: {
    name: 'compliance_job.fields',
    kind: 'words',
    of: vocabulary([
      'created_at',
      'download_expires_at',
      'download_url',
      'id',
      'name',
      'resumable',
      'status',
      'type',
      'upload_expires_at',
      'upload_url',
    ]),
    about: 'Fields of a job; every answer has all of them.',
  },
} as const;

/** A job as X shows it. @param base of the server as the caller reached it. */
export function jobJson(job: ComplianceJob, base: string): string {
  const iso = (ms: number) => new Date(ms).toISOString();
  return JSON.stringify({
    id: job.id,
    type: job.type === 'posts' ? 'tweets' : 'users',
    name: job.name,
    resumable: job.resumable,
    status: job.status,
    created_at: iso(job.createdAt),
    upload_url: base + job.uploadTarget,
    upload_expires_at: iso(job.uploadExpiresAt),
    download_url: base + job.downloadTarget,
    download_expires_at: iso(job.downloadExpiresAt),
    // Not in X's document any more; twarc still reads it.
    error: job.failure,
  });
}
