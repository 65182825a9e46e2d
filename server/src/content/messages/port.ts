/** The words of direct messages as types. Ids are decimal strings, times Unix ms. */
import type { PostMedia } from '#media';
import type { Entities } from '#posts';

/** X's three kinds of events in a conversation. */
export const MESSAGE_EVENT_KINDS = ['MessageCreate', 'ParticipantsJoin', 'ParticipantsLeave'] as const;
export type MessageEventKind = (typeof MESSAGE_EVENT_KINDS)[number];

/** One event of a conversation, as each of its participants sees it. */
export type MessageEvent = {
  id: string;
  /** Numbers events without reuse in the order in which they were kept; bounds of pages and of followers. */
  place: number;
  conversationId: string;
  at: number;
} & (
  | {
      kind: 'MessageCreate';
      senderId: string;
      text: string;
      entities: Entities;
      /** Posts whose addresses stand in the text. */
      postIds: readonly string[];
      media: readonly PostMedia[];
    }
  | { kind: 'ParticipantsJoin' | 'ParticipantsLeave'; senderId: string; personIds: readonly string[] }
);

/** What somebody sends: a text, an attachment, or both. */
export type MessageInput = {
  text?: string;
  /** Ids that the media module gave to the sender. */
  mediaIds?: readonly string[];
};

/** Newest first below `before`; with `after` the ones just above it, also newest first. Bounds are places, exclusive. */
export type MessagePage = {
  before?: number;
  after?: number;
  limit: number;
  kinds?: readonly MessageEventKind[];
  /** Only of this conversation. */
  conversationId?: string;
};

/** What senders' deleted accounts hide makes a page shorter, so the bounds of the next ones are told beside it. */
export type MessageListing = {
  events: MessageEvent[];
  /** There are more in the direction that was asked for. */
  hasMore: boolean;
  newest?: number;
  oldest?: number;
};

export type Sent = { conversationId: string; eventId: string };

/**
 * Direct messages. Every call names the person whose token it is; what that person has no part in does not exist. A
 * change is on disk when the call returns. Throws Problem: `not-found`, `client-forbidden` (blocked, or not open to this
 * sender), `body-invalid` (empty, too long, somebody else's media), `storage-unavailable`.
 */
export type Messages = {
  /** To one person; begins the conversation if there is none. */
  sendTo(personId: string, to: string, message: MessageInput): Sent;
  /** Into a conversation that the person takes part in. */
  sendInto(personId: string, conversationId: string, message: MessageInput): Sent;
  /** Begins a group with its first message. @param others without the person; 2 to 49. */
  createGroup(personId: string, others: readonly string[], message: MessageInput): Sent;
  /** Events of the last `LISTED_MS` that the person may see and has not deleted. */
  list(personId: string, page: MessagePage): MessageListing;
  /** One event, whatever its age; undefined for what the person has no part in or has deleted. */
  event(personId: string, eventId: string): MessageEvent | undefined;
  /** Takes it out of this person's sight, nobody else's. False when there was nothing to take. */
  remove(personId: string, eventId: string): boolean;
  /** Those who take part in a conversation now; undefined when the person does not. */
  participants(personId: string, conversationId: string): readonly string[] | undefined;
  /** The id of the conversation of two, whether it exists or not. */
  pairId(one: string, other: string): string;
  /** May this person write to that one? */
  mayWrite(personId: string, to: string): boolean;
  /** For those who tell apps: messages above a place, oldest first, with who sees them. Not for answers to persons. */
  after(
    place: number,
    limit: number,
  ): { place: number; event: MessageEvent | undefined; personIds: readonly string[] }[];
  /** Place of the newest event; 0 when there was none. */
  lastPlace(): number;
  /** Place of the last event before this moment; 0 when none is kept. */
  placeBefore(at: number): number;
  /** Hears that something was kept, once it is on disk. */
  onKept(listener: () => void): void;
  /** Takes away what deleted accounts sent, and their part in conversations; on opening, and whenever persons changed. */
  followDeletions(): void;
  close(): void;
};

/** X lists the events of the last 30 days. */
export const LISTED_MS = 30 * 86_400_000;
