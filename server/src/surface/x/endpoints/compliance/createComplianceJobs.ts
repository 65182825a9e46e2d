import { Problem } from '#kernel';
import { body } from '../../answer/body.ts';
import { operation } from '../../operation.ts';
import { JOB_FIELDS, JOB_TYPES, jobJson, jobTypeOf } from './job.ts';

/** A name is a label for its owner's eyes. */
const NAME_LENGTH_MAX = 64;

type Wanted = { type: string; name?: string; resumable: boolean };

export const createComplianceJobs = operation({
  id: 'createComplianceJobs',
  path: '/2/compliance/jobs',
  method: 'POST',
  tag: 'Compliance',
  summary: 'Creates a compliance job',
  about:
    'Then PUT the ids, one a line, to `upload_url`; the result is at `download_url`. One job of a type at a time: 409 while another is not over.',
  auth: ['app'],
  writes: true,
  body: 'ComplianceJobRequest',
  parameters: JOB_FIELDS,
  answer: 'ComplianceJobAnswer',
  prepare: () => undefined,
  check: ({ body: given }) => void wantedOf(given),
  read({ admission, body: given, base }, { compliance }) {
    const { type, name, resumable } = wantedOf(given);
    const { appId, licenseeId } = admission.caller;
    const job = compliance.create({ appId, licenseeId }, { type: jobTypeOf(type), name, resumable });
    const answer = body({ data: jobJson(job, base()) });
    return { groups: [], present: () => answer };
  },
});

function fail(detail: string): never {
  throw new Problem('body-invalid', { detail });
}

function wantedOf(given: unknown): Wanted {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    fail('The body is {"type": "tweets" or "users", "name"?, "resumable"?}.');
  const { type, name, resumable } = given as Record<string, unknown>;
  if (typeof type !== 'string' || !(JOB_TYPES as readonly string[]).includes(type))
    fail('`type` is "tweets" or "users".');
  if (name !== undefined && name !== null) {
    if (typeof name !== 'string' || name.length > NAME_LENGTH_MAX || !name.isWellFormed())
      fail(`\`name\` is text of at most ${NAME_LENGTH_MAX} characters.`);
  }
  if (resumable !== undefined && resumable !== null && typeof resumable !== 'boolean')
    fail('`resumable` is true or false.');
  return { type, name: name ? String(name) : undefined, resumable: resumable === true };
}
