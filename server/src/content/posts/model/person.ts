import type { Entities, Withheld } from './post.ts';

/** Somebody with an account on the network. Ids are decimal strings, times Unix ms. */
export type Person = {
  id: string;
  /** As written; look-ups ignore case. */
  username: string;
  name: string;
  createdAt?: number;
  description: string;
  location?: string;
  url?: string;
  profileImageUrl?: string;
  profileBannerUrl?: string;
  verified: boolean;
  verifiedType: 'blue' | 'business' | 'government' | 'none';
  protected: boolean;
  metrics: PersonMetrics;
  /** Entities of the description and of the url, by field. */
  entities?: { url?: Entities; description?: Entities };
  pinnedPostId?: string;
  mostRecentPostId?: string;
  withheld?: Withheld;
  affiliation?: { personIds?: string[]; badgeUrl?: string; description?: string; url?: string };
  parody?: boolean;
  /** A suspended or deactivated person's account and posts are not served. */
  state: 'active' | 'suspended' | 'deactivated';
  preferences: Preferences;
};

export type PersonMetrics = {
  followers: number;
  following: number;
  posts: number;
  listed: number;
  likes?: number;
  media?: number;
};

/** In the order in which the store writes them. */
export const PERSON_METRICS = [
  'followers',
  'following',
  'posts',
  'listed',
  'likes',
  'media',
] as const satisfies (keyof PersonMetrics)[];

/** What a source can leave out of a person: a field, or one of the counts. */
export type PersonField = keyof Person | `metrics.${keyof PersonMetrics}`;

/** What an author allows to be done with their posts. `false` is a refusal and holds whatever the plan. */
export type Preferences = {
  /** May be found by search and counted. */
  search: boolean;
  /** May be delivered to apps whose purposes include ai-training. */
  aiTraining: boolean;
  /** May be delivered to apps that pass posts on (resale, government). */
  redistribution: boolean;
};

export const ALL_ALLOWED: Preferences = { search: true, aiTraining: true, redistribution: true };

/** Every field of a person, in the order in which the store writes them. */
export const PERSON_FIELDS = [
  'id',
  'username',
  'name',
  'createdAt',
  'description',
  'location',
  'url',
  'profileImageUrl',
  'profileBannerUrl',
  'verified',
  'verifiedType',
  'protected',
  'metrics',
  'entities',
  'pinnedPostId',
  'mostRecentPostId',
  'withheld',
  'affiliation',
  'parody',
  'state',
  'preferences',
] as const satisfies (keyof Person)[];
