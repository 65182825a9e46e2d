import { list, object, ref, type Schema } from '../../document/schema.ts';

/** Bodies and answers of the endpoints in this folder, by their names in the document. */
export const peopleSchemas: Readonly<Record<string, Schema>> = {
  PersonsPage: object({
    data: list(ref('Person')),
    includes: object({ users: list(ref('Person')), tweets: list(ref('Post')), posts: list(ref('Post')) }),
    errors: list(ref('PartialError')),
    meta: ref('PageMeta'),
  }),
};
