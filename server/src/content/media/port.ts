import type { Readable } from 'node:stream';

/** What was uploaded, as posts show it. The shape is `Media` of the posts module, which is this module's sibling. */
export type PostMedia = {
  /** `3_<id>` a photo, `7_<id>` a video, `16_<id>` a GIF that moves. */
  mediaKey: string;
  type: 'photo' | 'video' | 'animated_gif';
  url: string;
  previewImageUrl?: string;
  altText?: string;
  width: number;
  height: number;
  durationMs?: number;
  variants?: { bitRate?: number; contentType: string; url: string }[];
};

/** X's words for what an upload is for. */
export const CATEGORIES = [
  'tweet_image',
  'tweet_gif',
  'tweet_video',
  'amplify_video',
  'dm_image',
  'dm_gif',
  'dm_video',
] as const;
export type Category = (typeof CATEGORIES)[number];

/** What a person's app says of a file before its content is seen. It is held against the content, never believed. */
export type Declared = {
  /** A MIME type; parameters are ignored. Undefined or `application/octet-stream` says nothing. */
  mediaType?: string;
  category?: Category;
  /** Persons who may use it in posts beside its owner, at most 100. */
  additionalOwners?: readonly string[];
};

/** One upload as its owner sees it. Times are Unix ms, sizes bytes. */
export type Upload = {
  id: string;
  /** Before the content is known it follows what was declared. */
  mediaKey: string;
  state: 'pending' | 'ready';
  /** What has arrived, or (ready) what is kept. */
  size: number;
  totalBytes: number;
  /** Of what is kept; undefined while it is pending. */
  contentType?: string;
  width?: number;
  height?: number;
  altText?: string;
  /** When it is deleted unless a post uses it; undefined once one does. */
  expiresAt?: number;
};

/** Who sends a part: a person, by an app. */
export type MediaSender = { appId: string; personId: string };

/** Bytes that lie on disk and in nobody's upload yet. `upload` and `append` take them over, whatever comes of it. */
export type Staged = {
  part: string;
  size: number;
  /** By whom it was sent: whose share of the decoders it takes. */
  sender: MediaSender;
  /** Drops them; nothing happens for what was taken over. */
  release(): Promise<void>;
  /** For this module alone: an upload names them now. */
  handOn(): void;
};

/** What keeps a medium from expiring. */
export type Use = { kind: 'post' | 'message'; id: string };

/** Why ids cannot be used together; `id` is the first that does not fit. */
export type Unusable = {
  id: string;
  because: /** It never was, is another person's, or has expired. */
    | 'unknown'
    /** It was not finalized. */
    | 'not-ready'
    /** A post takes up to four photos, or one video, or one moving GIF. */
    | 'mixed'
    | 'repeated';
};

/**
 * Media of persons. Every call takes the person whose token came with it; what is another person's does not exist
 * (`not-found`). What a call changed is on disk when it resolves. A full or failing disk is `storage-unavailable` and
 * leaves nothing half-kept; more than a person may have unfinished or unused is `upload-quota`.
 */
export type MediaLibrary = {
  /** Pictures that wait for a decoder, and those under way. */
  state(): { waiting: number; running: number };
  /**
   * Writes one part to disk as it comes. Bounded in bytes, and in how many a person, an app and all have under way; how
   * long its sender may be silent is for who hands in the stream.
   * @throws Problem `body-too-large`, `overloaded`, `storage-unavailable`; the stream's own error.
   */
  stage(sender: MediaSender, bytes: Readable): Promise<Staged>;
  /**
   * The whole file at once: checked, made anew and kept. @throws Problem `body-invalid` that names what is wrong, `overloaded`
   * when too many pictures of this person, this app or all wait for a decoder.
   */
  upload(personId: string, staged: Staged, declared: Declared): Promise<Upload>;
  initialize(personId: string, declared: Declared & { totalBytes: number }): Promise<Upload>;
  /** Segments 0 to 999 in any order; one sent again replaces the former. */
  append(personId: string, id: string, index: number, staged: Staged): Promise<Upload>;
  /** Checks and keeps what was appended. Again on what is ready: the same answer. */
  finalize(sender: MediaSender, id: string): Promise<Upload>;
  status(personId: string, id: string): Upload;
  /** At most 1,000 characters; '' takes it away. Until a post uses it. */
  setAltText(personId: string, id: string, text: string): Upload;

  /** Media for one post or message, in the order given, or the first id that cannot be in it. Nothing is reserved by it. */
  mediaOf(personId: string, ids: readonly string[]): { media: PostMedia[] } | { unusable: Unusable };
  /**
   * From here on these stay: for a post until it or its author is deleted (this module hears of it), for a message until
   * `deleted`. Call it before the post is written, and `release` when that failed; a crash between the two leaves a use
   * that a sweep finds to be of no post.
   */
  keep(personId: string, ids: readonly string[], use: Use): void;
  /** What used them did not come about: they are as unused as before. */
  release(use: Use): void;
  /** What used them was deleted: what nothing else uses goes with it, at once. */
  deleted(use: Use): void;

  /** What a public address shows; undefined for what is not there or no longer to be shown. */
  served(name: string): { path: string; contentType: string } | undefined;
  /** For the writer's news: what was deleted is gone before anybody else hears of it. */
  forget(touched: { posts: readonly string[]; people: readonly string[]; created: readonly string[] }): void;
  /** Deletes what expired and what nothing uses any more. Called by itself every few minutes. */
  sweep(): void;
  close(): Promise<void>;
};
