import { JOB_STATUSES, type JobStatus } from '#compliance';
import { body } from '../../answer/body.ts';
import { operation } from '../../operation.ts';
import { JOB_FIELDS, JOB_TYPES, jobJson, jobTypeOf } from './job.ts';

/** No status: jobs of all. */
const ANY = 'all';

export const getComplianceJobs = operation({
  id: 'getComplianceJobs',
  path: '/2/compliance/jobs',
  tag: 'Compliance',
  summary: 'The app’s compliance jobs',
  about: 'Of one type, newest first; two weeks back.',
  auth: ['app'],
  parameters: {
    type: {
      name: 'type',
      kind: 'one',
      of: JOB_TYPES,
      fallback: 'tweets',
      required: true,
      about: 'Jobs about posts or about persons.',
    },
    status: {
      name: 'status',
      kind: 'one',
      of: [...JOB_STATUSES, ANY],
      fallback: ANY,
      about: 'Only jobs that are so.',
    },
    ...JOB_FIELDS,
  },
  answer: 'ComplianceJobsAnswer',
  prepare: ({ type, status }) => ({
    type: jobTypeOf(type),
    ...(status !== ANY && { status: status as JobStatus }),
  }),
  read({ query, admission, base }, { compliance }) {
    const jobs = compliance.jobs(admission.caller.appId, query);
    // Nothing at all for none, as X: twarc takes an answer without `data` for an error unless it is empty.
    const answer = body({
      data: jobs.map((job) => jobJson(job, base())),
      meta: jobs.length > 0 ? { result_count: jobs.length } : undefined,
    });
    return { groups: [], present: () => answer };
  },
});
