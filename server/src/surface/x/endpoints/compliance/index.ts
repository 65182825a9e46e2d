import type { Operation } from '../../operation.ts';
import { createComplianceJobs } from './createComplianceJobs.ts';
import { getComplianceJobs } from './getComplianceJobs.ts';
import { getComplianceJobsById } from './getComplianceJobsById.ts';
import { streamPostsCompliance } from './streamPostsCompliance.ts';
import { streamUsersCompliance } from './streamUsersCompliance.ts';

export const complianceOperations = [
  createComplianceJobs,
  getComplianceJobs,
  getComplianceJobsById,
  streamPostsCompliance,
  streamUsersCompliance,
] as unknown as readonly Operation[];
