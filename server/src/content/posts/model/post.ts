/** What a person wrote, and all that the network knows of it. Ids are decimal strings, times Unix ms. */
export type Post = {
  id: string;
  authorId: string;
  /** Unix ms. For a snowflake id it equals the id's own time. */
  createdAt: number;
  text: string;
  /** BCP 47 as X writes it (`in` for Indonesian, `und` when unknown). */
  lang: string;
  conversationId: string;
  inReplyToPersonId?: string;
  references: Reference[];
  source?: string;
  sensitive: boolean;
  replySettings?: 'everyone' | 'mentionedUsers' | 'following' | 'subscribers' | 'verified';
  metrics: PostMetrics;
  entities: Entities;
  contextAnnotations?: ContextAnnotation[];
  geo?: Geo;
  mediaKeys?: string[];
  pollIds?: string[];
  /** The full text, where `text` is the cut-off form of a long post. */
  longText?: { text: string; entities?: Entities };
  /** [start, end] in code points, where the network says so. */
  displayTextRange?: [number, number];
  cardUri?: string;
  communityId?: string;
  /** Ids of the edit chain, oldest first; always ends with the newest version. A post never edited holds its own id. */
  editHistory: string[];
  withheld?: Withheld;
  /** Promoted only, never shown in a timeline (`-is:nullcast`). */
  nullcast?: boolean;
};

/**
 * A post as a source gives it. What is left out is derived when the post is new: entities from the text, the
 * conversation from the post that it answers.
 */
export type PostInput = Omit<Post, 'entities' | 'conversationId' | 'editHistory'> &
  Partial<Pick<Post, 'entities' | 'conversationId' | 'editHistory'>>;

export type Reference = { type: 'replied_to' | 'quoted' | 'retweeted'; id: string };

export type PostMetrics = {
  reposts: number;
  replies: number;
  likes: number;
  quotes: number;
  bookmarks: number;
  impressions: number;
};

/** Positions are in code points from the start of `text`, `end` excluded, as X counts them. */
export type Entities = {
  hashtags?: { start: number; end: number; tag: string }[];
  cashtags?: { start: number; end: number; tag: string }[];
  mentions?: { start: number; end: number; username: string; id?: string }[];
  urls?: Url[];
  annotations?: { start: number; end: number; probability: number; type: string; normalizedText: string }[];
};

export type Url = {
  start: number;
  end: number;
  url: string;
  expandedUrl?: string;
  displayUrl?: string;
  unwoundUrl?: string;
  title?: string;
  description?: string;
  status?: number;
  images?: { url: string; width: number; height: number }[];
  mediaKey?: string;
};

export type ContextAnnotation = {
  domain: { id: string; name: string; description?: string };
  entity: { id: string; name: string; description?: string };
};

export type Geo = {
  placeId?: string /** [longitude, latitude] in degrees. */;
  coordinates?: [number, number];
};

export type Withheld = { copyright?: boolean; countryCodes: string[]; scope?: 'tweet' | 'user' };

export type Media = {
  mediaKey: string;
  type: 'photo' | 'video' | 'animated_gif';
  url?: string;
  previewImageUrl?: string;
  altText?: string;
  width?: number;
  height?: number;
  durationMs?: number;
  views?: number;
  variants?: { bitRate?: number; contentType: string; url: string }[];
};

export type Poll = {
  id: string;
  options: { position: number; label: string; votes: number }[];
  durationMinutes?: number;
  /** Unix ms. */
  endsAt?: number;
  votingStatus?: 'open' | 'closed';
};

export type Place = {
  id: string;
  fullName: string;
  name?: string;
  country?: string;
  countryCode?: string;
  placeType?: string;
  /** GeoJSON as X sends it. `bbox` is [west, south, east, north] in degrees. */
  geo?: { type: 'Feature'; bbox?: [number, number, number, number]; properties?: Record<string, never> };
  containedWithin?: string[];
};
