/**
 * What a person does on the network, through somebody's app. Ids are decimal strings. The actor is named beside it and is
 * who the token says, never the body.
 */
import type { Post, PostList, RelationKind } from '#posts';

export type PollInput = { options: readonly string[]; durationMinutes: number };

export type PostAct = {
  kind: 'create-post';
  text: string;
  replyTo?: string;
  /** Persons whom a reply does not mention though the conversation does. */
  excludeReplyPersonIds?: readonly string[];
  /** The reply names nobody by itself. */
  namesNobody?: true;
  quoteOf?: string;
  /** Ids that the media module gave to this person. */
  mediaIds?: readonly string[];
  taggedPersonIds?: readonly string[];
  poll?: PollInput;
  placeId?: string;
  replySettings?: NonNullable<Post['replySettings']>;
  forSuperFollowersOnly?: boolean;
  /** The post that this one replaces, within 30 minutes and 5 times. */
  editOf?: string;
  /** Of the app, shown as `source`. */
  source?: string;
};

export type Act =
  | PostAct
  | { kind: 'delete-post'; postId: string }
  | { kind: 'repost' | 'unrepost'; postId: string }
  | { kind: 'hide-reply'; postId: string; hidden: boolean }
  /** From the actor, or (`list-member`) from one of the actor's lists to a person. */
  | { kind: 'relate' | 'unrelate'; relation: Exclude<RelationKind, 'list-member'>; to: string }
  | { kind: 'add-member' | 'remove-member'; listId: string; personId: string }
  | { kind: 'create-list'; name: string; description?: string; private?: boolean }
  | { kind: 'update-list'; listId: string; name?: string; description?: string; private?: boolean }
  | { kind: 'delete-list'; listId: string };

/** What an act led to. `changed` is false when it was so already. */
export type Done = {
  changed: boolean;
  /** The other person has to grant it first (to follow somebody protected). */
  isPending?: boolean;
  postId?: string;
  text?: string;
  editHistory?: readonly string[];
  list?: PostList;
};

/** Where acts go: applied here, or handed to the platform's backend and done when that confirms. */
export type Actions = {
  /** `own`: this is the network. `backend`: a platform stands behind it. */
  mode(): 'own' | 'backend';
  /**
   * Resolves when it is done: on disk, and (backend) confirmed. Throws Problem: `not-found` for what is not there or may not
   * be seen, `forbidden` with a `reason` for what the network does not allow (a block, reply settings, somebody else's post,
   * an edit too late, the same words twice), `body-invalid` for what no network would take, `conflict`, and
   * `network-unavailable` when the backend does not answer: then the act is under way and is not to be made again.
   * @param app id of the app through which the person acts, for the backend.
   */
  act(personId: string, act: Act, app?: string): Promise<Done>;
  /** Does this request to follow somebody protected wait for an answer? Behind a backend, which keeps them itself, it is false. */
  isAskingToFollow(from: string, to: string): boolean;
  /** Throws what `act` would refuse without asking anybody else, and does nothing: for dry runs. */
  check(personId: string, act: Act): void;
};
