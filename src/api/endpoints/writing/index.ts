import type { Operation } from '../../operation.ts';

export const writingOperations = [] as unknown as readonly Operation[];
