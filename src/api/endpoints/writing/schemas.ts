import type { Schema } from '../../schema.ts';

/** Bodies and answers of the endpoints in this folder, by their names in the document. */
export const writingSchemas: Readonly<Record<string, Schema>> = {};
