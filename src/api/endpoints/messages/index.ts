import type { Operation } from '../../operation.ts';

export const messagesOperations = [] as unknown as readonly Operation[];
