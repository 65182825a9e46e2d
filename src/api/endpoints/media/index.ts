import type { Operation } from '../../operation.ts';

export const mediaOperations = [] as unknown as readonly Operation[];
