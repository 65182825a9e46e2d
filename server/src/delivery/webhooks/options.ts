import type { Clock, Outbound } from '#kernel';
import type { Messages } from '#messages';
import type { Outbox } from '#outbox';
import type { EventReader, PostReader, RelationReader } from '#posts';
import type { Terms } from '#terms';
import type { Secret } from './challenge.ts';
import type { LinkPresenter, Matching, Presenter } from './port.ts';

/** What the webhooks of a data folder are opened with. */
export type WebhooksOptions = {
  /** Path of `webhooks.db`. */
  file: string;
  clock: Clock;
  outbound: Outbound;
  outbox: Outbox;
  terms: Pick<Terms, 'admit' | 'charge' | 'callerOfApp' | 'consumerOf'>;
  network: PostReader & RelationReader & EventReader;
  messages: Pick<Messages, 'after' | 'event' | 'lastPlace' | 'placeBefore'>;
  presenter: Presenter;
  linkPresenter: LinkPresenter;
  matching: Matching;
  /** Secrets of the app's keys in force, the newest first. */
  secretsOf(appId: string, now: number): readonly Secret[];
  /** Does the app still hold a token of this person that allows it to be told? */
  isAllowed(appId: string, personId: string): boolean;
  log(message: string, cause?: unknown): void;
};
