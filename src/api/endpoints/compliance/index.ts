import type { Operation } from '../../operation.ts';

export const complianceOperations = [] as unknown as readonly Operation[];
