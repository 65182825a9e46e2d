import type { Operation } from '../../operation.ts';

export const webhooksOperations = [] as unknown as readonly Operation[];
