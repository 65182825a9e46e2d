/** The words of webhooks as types. Ids are decimal strings, times Unix ms. */
import type { MessageEvent } from '#messages';
import type { Audience, Person, Post } from '#posts';
import type { Caller, Charge, Group } from '#terms';

/** An app's own address, told what happens to the persons who subscribed it. */
export type Webhook = {
  id: string;
  appId: string;
  url: string;
  createdAt: number;
  /** Its last challenge was answered; nothing is sent to one that is not valid. */
  valid: boolean;
};

export type RelationNews = 'follow' | 'unfollow' | 'block' | 'unblock' | 'mute' | 'unmute';

/** A post with who wrote it and what it names, as far as the app may see them. */
export type NewsPost = { post: Post; author: Person | undefined; named: ReadonlyMap<string, NewsPost> };

/** What a delivery tells of one subscriber, gathered and judged. */
export type WebhookNews =
  | { kind: 'post'; news: NewsPost; hasBlocked: boolean }
  | { kind: 'like'; id: string; at: number; person: Person; news: NewsPost }
  | { kind: 'relation'; type: RelationNews; at: number; source: Person; target: Person }
  | { kind: 'post-deleted'; at: number; postId: string; personId: string }
  | {
      kind: 'message';
      event: Extract<MessageEvent, { kind: 'MessageCreate' }>;
      recipientId: string;
      people: readonly Person[];
    }
  | { kind: 'revoked'; at: number; appId: string; personId: string }
  | { kind: 'replay'; webhookId: string; jobId: string; isComplete: boolean };

/** How it is written for receivers: X's form is the API's. */
export type Presenter = {
  audienceOf(caller: Caller, viewer: string): Audience;
  /** @param may false for what was not recorded as delivered: it stays out. */
  body(
    news: WebhookNews,
    subscriberId: string,
    may: (kind: 'post' | 'person', id: string) => boolean,
  ): string;
};

/** Posts that an app's rules match go to this webhook of it, with these fields (`user.fields=name,username`). */
export type Link = { webhookId: string; appId: string; fields: readonly string[]; createdAt: number };

export type LinkedRule = { id: string; tag?: string };

/** Which rules match a post: the streams' module tells. */
export type Matching = {
  /** From here on the app's rules are looked at, whether a stream of it is open or not. */
  keep(appId: string): void;
  drop(appId: string): void;
  /** The rules that a post matches, by app. */
  of(postId: string): ReadonlyMap<string, readonly LinkedRule[]>;
};

/** How a post that matches rules is written for receivers. */
export type LinkPresenter = {
  audienceOf(caller: Caller): Audience;
  present(
    caller: Caller,
    fields: readonly string[],
    post: Post,
    rules: readonly LinkedRule[],
    audience: Audience,
  ): { group: Group; body(dropped: Charge['dropped']): string };
};

export type Subscribers = { webhook: Webhook; personIds: readonly string[] };

/**
 * Webhooks of apps. Every call names its app; another app's webhook does not exist (Problem `not-found`). What a call
 * changed is on disk when it returns.
 */
export type Webhooks = {
  /**
   * Throws Problem `invalid-request` when the address is none that may be called or does not answer its challenge,
   * `conflict` for one that the app has, `client-forbidden` beyond `WEBHOOKS_MAX`.
   */
  create(appId: string, url: string): Promise<Webhook>;
  list(appId: string): Webhook[];
  /** Challenges it now. @returns whether it answered. */
  validate(appId: string, webhookId: string): Promise<boolean>;
  /** With its subscriptions and all that waits for it. */
  remove(appId: string, webhookId: string): void;
  /** Again is no mistake. Throws Problem `client-forbidden` beyond `SUBSCRIPTIONS_MAX` of the app. */
  subscribe(appId: string, webhookId: string, personId: string): void;
  isSubscribed(appId: string, webhookId: string, personId: string): boolean;
  /** False when there was no such subscription. */
  unsubscribe(appId: string, webhookId: string, personId: string): boolean;
  subscribers(appId: string, webhookId: string): Subscribers;
  countSubscriptions(appId: string): number;
  /**
   * Tells again what happened from one moment (included) to another (excluded) to those who were subscribed then, and at
   * the end that it is done. Throws Problem `conflict` while another one runs for the webhook, or while it is not valid.
   */
  replay(appId: string, webhookId: string, from: number, to: number): { jobId: string; createdAt: number };
  /** Brings what the app's rules match to the webhook from now on; again replaces the fields. */
  link(appId: string, webhookId: string, fields: readonly string[]): void;
  links(appId: string): Link[];
  /** False when there was no link. What waits for it is not delivered. */
  unlink(appId: string, webhookId: string): boolean;
  /** Looks at what is new. Called when there may be something. */
  follow(): void;
  /** Resolves when everything that happened has become a job. */
  followed(): Promise<void>;
  /** Challenges those whose last one is an hour old. Called by itself every minute. */
  challengeDue(): Promise<void>;
  /** Ends subscriptions of persons of whom the app holds no token any more. Called by itself, so that each is looked at within a minute. */
  lookAtRights(): void;
  /** Makes no more jobs and challenges nobody: before the outbox closes. */
  stop(): void;
  /** After the outbox. */
  close(): Promise<void>;
};

/** X's enterprise plans begin with five. */
export const WEBHOOKS_MAX = 5;
/** Of an app over all its webhooks, as X's enterprise plans have. */
export const SUBSCRIPTIONS_MAX = 5_000;
/** X replays the last 24 hours. */
export const REPLAY_REACH_MS = 86_400_000;
