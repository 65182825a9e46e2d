import { ALL_ALLOWED, type Person } from './person.ts';
import type { Post, PostInput, PostMetrics } from './post.ts';

type Named = Pick<Post, 'id' | 'authorId' | 'createdAt'>;

/** A person of whom nothing but the id is known: no name, no counts, nothing refused. */
export function defaultPerson(id: string): Person {
  return {
    id,
    username: '',
    name: '',
    description: '',
    verified: false,
    verifiedType: 'none',
    protected: false,
    metrics: { followers: 0, following: 0, posts: 0, listed: 0 },
    state: 'active',
    preferences: { ...ALL_ALLOWED },
  };
}

/** A post without words as a source gives it; what the store derives of a new post is left out. */
export function defaultPostInput({ id, authorId, createdAt }: Named): PostInput {
  return {
    id,
    authorId,
    createdAt,
    text: '',
    lang: 'und',
    references: [],
    sensitive: false,
    metrics: noMetrics(),
  };
}

/** A post without words as the store gives it: first of its conversation, never edited. */
export function defaultPost(named: Named): Post {
  return { ...defaultPostInput(named), conversationId: named.id, entities: {}, editHistory: [named.id] };
}

export function noMetrics(): PostMetrics {
  return { reposts: 0, replies: 0, likes: 0, quotes: 0, bookmarks: 0, impressions: 0 };
}
