import { body } from '../../answer/body.ts';
import { notFound } from '../../answer/partial.ts';
import { operation } from '../../operation.ts';
import { pathId } from '../../params/parameter.ts';
import { JOB_FIELDS, jobJson } from './job.ts';

export const getComplianceJobsById = operation({
  id: 'getComplianceJobsById',
  path: '/2/compliance/jobs/{id}',
  tag: 'Compliance',
  summary: 'A compliance job',
  about: 'Its state, and where to upload and download. A job that failed says why in `error`.',
  auth: ['app'],
  parameters: {
    id: pathId('id', 'The job’s id.'),
    ...JOB_FIELDS,
  },
  answer: 'ComplianceJobAnswer',
  prepare: () => undefined,
  read({ subject, admission, base }, { compliance }) {
    const job = compliance.job(admission.caller.appId, subject);
    const answer = job
      ? body({ data: jobJson(job, base()) })
      : body({
          errors: [
            notFound({ resource: 'compliance_job', parameter: 'id', value: subject, section: 'data' }),
          ],
        });
    return { groups: [], present: () => answer };
  },
});
