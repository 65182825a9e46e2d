import type { Operation } from '../../operation.ts';
import { createComplianceJobs } from './createComplianceJobs.ts';
import { getComplianceJobs } from './getComplianceJobs.ts';
import { getComplianceJobsById } from './getComplianceJobsById.ts';

export const complianceOperations = [
  createComplianceJobs,
  getComplianceJobs,
  getComplianceJobsById,
] as unknown as readonly Operation[];
