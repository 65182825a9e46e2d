import { count, flag, id, list, object, ref, type Schema, text, time } from '../../document/schema.ts';

const includes = object({ users: list(ref('Person')) });
const errors = list(ref('PartialError'));

/** What an act led to: one word, true or false. */
function done(word: string): Schema {
  return object({ data: object({ [word]: flag }, [word]) }, ['data']);
}

const name: Schema = { type: 'string', minLength: 1, maxLength: 25 };
const description: Schema = { type: 'string', maxLength: 100 };

/** Bodies, held against these as the document has them. */
export const listBodies = {
  NewList: object({ name, description, private: flag }, ['name']),
  ListChange: object({ name, description, private: flag }),
  UserId: object({ user_id: id }, ['user_id']),
  ListId: object({ list_id: id }, ['list_id']),
} as const;

/** Bodies and answers of the endpoints in this folder, by their names in the document. */
export const listsSchemas: Readonly<Record<string, Schema>> = {
  List: object(
    {
      id,
      name: text,
      created_at: time,
      description: text,
      follower_count: count,
      member_count: count,
      owner_id: id,
      private: flag,
    },
    ['id', 'name'],
  ),
  ListAnswer: object({ data: ref('List'), includes, errors }),
  ListsAnswer: object({ data: list(ref('List')), includes, errors, meta: ref('PageMeta') }),
  ...listBodies,
  ListMade: object({ data: object({ id, name: text }, ['id', 'name']) }, ['data']),
  ListUpdated: done('updated'),
  ListDeleted: done('deleted'),
  ListMember: done('is_member'),
  ListFollowing: done('following'),
  ListPinned: done('pinned'),
};
