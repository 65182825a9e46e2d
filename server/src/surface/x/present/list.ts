import type { PostList } from '#posts';
import { LIST_FIELDS } from '../vocabulary.ts';
import { filled, isoTime, type Makers, writers } from './field.ts';

const makers: Makers<PostList> = {
  id: (list) => list.id,
  name: (list) => list.name,
  created_at: (list) => isoTime(list.createdAt),
  description: (list) => filled(list.description),
  follower_count: (list) => list.followers,
  member_count: (list) => list.members,
  owner_id: (list) => list.ownerId,
  private: (list) => list.private,
};

/** The writer of lists for a field set; both dialects write them alike. */
export const listWriter = writers(LIST_FIELDS, makers, ['id', 'name']);
