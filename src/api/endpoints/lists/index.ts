import type { Operation } from '../../operation.ts';

export const listsOperations = [] as unknown as readonly Operation[];
