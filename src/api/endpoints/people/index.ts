import type { Operation } from '../../operation.ts';

export const peopleOperations = [] as unknown as readonly Operation[];
