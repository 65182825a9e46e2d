import { type Clock, makeId, Problem, type Vault } from '#kernel';
import type { MediaLibrary } from '#media';
import type { EventReader, PostReader, RelationReader } from '#posts';
import { LISTED_MS, type MessageEvent, type MessageInput, type Messages, type Sent } from './port.ts';
import { createRules, pairId, pairOf, unfit, type WrittenMessage } from './rules.ts';
import { type EventRow, openMessageStore } from './store-sqlite.ts';

/** X's: fifty in a group, the one who begins it among them. */
export const GROUP_OTHERS_MIN = 2;
export const GROUP_OTHERS_MAX = 49;
/** Low bits of an id: one process makes no more than this in a millisecond, and a clash only takes the next one. */
const LOW_BITS = 0x3f_ffff;
/** Deleted accounts are looked up in the events of the network so many at a time. */
const EVENTS_PAGE = 1_000;
/** Events that told of no deletion and are looked through again after a crash. */
const UNWRITTEN_EVENTS_MAX = 10_000n;
const SEEN_EVENT = 'network event';

export type MessagesOptions = {
  /** Path of `messages.db`. */
  file: string;
  clock: Clock;
  /** What was written is sealed by it: a copied folder gives no conversation away. */
  vault: Vault;
  people: Pick<PostReader, 'people'>;
  relations: Pick<RelationReader, 'isRelated'>;
  /** Tells of accounts that were deleted. */
  events: Pick<EventReader, 'events' | 'lastEvent'>;
  /** What persons uploaded; a message keeps what it shows from expiring. */
  media: Pick<MediaLibrary, 'mediaOf' | 'keep' | 'release' | 'deleted'>;
};

/** What the vault seals of an event. */
type Written = WrittenMessage | { persons: readonly string[] };

/** Opens the messages of a data folder. */
export function openMessages(options: MessagesOptions): Messages {
  const { clock, vault, people, media } = options;
  const store = openMessageStore(options.file);
  const listeners: (() => void)[] = [];
  const { standing, mayWrite, check, refuseUnless } = createRules(options, store.wrote);
  let minted = 0;
  let seen = BigInt(store.mark(SEEN_EVENT) ?? 0);
  let written = seen;

  function mint(): string {
    for (;;) {
      minted = (minted + 1) & LOW_BITS;
      const id = makeId(clock.now(), minted);
      if (!store.hasId(id)) return id;
    }
  }

  function keep(
    event: Omit<EventRow, 'place' | 'at' | 'sealed' | 'hasMedia'>,
    written: Written,
    seenBy: readonly string[],
  ): void {
    const sealed = vault.seal(sealName(event.id), Buffer.from(JSON.stringify(written)));
    const hasMedia = 'media' in written && written.media.length > 0;
    store.add({ ...event, at: clock.now(), sealed, hasMedia }, seenBy);
  }

  function readable(row: EventRow, personId?: string): MessageEvent | undefined {
    const { sealed, hasMedia: _, ...rest } = row;
    // What a person wrote whose account is gone goes with it, before anybody has tidied up.
    const isGone =
      row.kind !== 'ParticipantsLeave' && row.senderId !== personId && standing(row.senderId) !== 'serve';
    if (isGone) return undefined;
    const written = JSON.parse(Buffer.from(vault.open(sealName(row.id), sealed)).toString()) as Written;
    if ('persons' in written) return { ...rest, personIds: written.persons } as MessageEvent;
    const { text, entities, posts, media } = written;
    return {
      ...rest,
      kind: 'MessageCreate',
      text,
      entities,
      postIds: posts,
      media,
    };
  }

  /** Keeps a message in the conversation that `into` opens within the same transaction. */
  function send(
    senderId: string,
    { mediaIds = [] }: MessageInput,
    written: WrittenMessage,
    into: () => { conversationId: string; seenBy: readonly string[] },
  ): Sent {
    const id = mint();
    if (mediaIds.length > 0) media.keep(senderId, mediaIds, { kind: 'message', id });
    try {
      const sent = store.transact(() => {
        const { conversationId, seenBy } = into();
        keep({ id, kind: 'MessageCreate', senderId, conversationId }, written, seenBy);
        return { conversationId, eventId: id };
      });
      for (const hear of listeners) hear();
      return sent;
    } catch (error) {
      if (mediaIds.length > 0) media.release({ kind: 'message', id });
      throw error;
    }
  }

  const messages: Messages = {
    sendTo(personId, to, message) {
      const written = check(personId, message);
      refuseUnless(personId, to);
      return send(personId, message, written, () => {
        const conversationId = pairId(personId, to);
        store.addMember(conversationId, personId);
        store.addMember(conversationId, to);
        return { conversationId, seenBy: [personId, to] };
      });
    },
    sendInto(personId, conversationId, message) {
      const pair = pairOf(conversationId);
      if (pair) {
        const to = pair.find((one) => one !== personId);
        if (!pair.includes(personId) || to === undefined) throw unknownConversation(conversationId);
        return messages.sendTo(personId, to, message);
      }
      if (!store.isMember(conversationId, personId)) throw unknownConversation(conversationId);
      const written = check(personId, message);
      const seenBy = () => ({ conversationId, seenBy: store.members(conversationId) });
      return send(personId, message, written, seenBy);
    },
    createGroup(personId, given, message) {
      const others = [...new Set(given)].filter((one) => one !== personId);
      if (others.length < GROUP_OTHERS_MIN || others.length > GROUP_OTHERS_MAX)
        throw unfit(`\`participant_ids\` names ${GROUP_OTHERS_MIN} to ${GROUP_OTHERS_MAX} other persons.`);
      const written = check(personId, message);
      for (const other of others) refuseUnless(personId, other);
      const everybody = [personId, ...others];
      const [conversationId, joinId] = [mint(), mint()];
      return send(personId, message, written, () => {
        for (const one of everybody) store.addMember(conversationId, one);
        const join = { id: joinId, kind: 'ParticipantsJoin', senderId: personId, conversationId } as const;
        keep(join, { persons: everybody }, everybody);
        return { conversationId, seenBy: everybody };
      });
    },
    list(personId, page) {
      const rows = store.page(personId, { ...page, limit: page.limit + 1 }, clock.now() - LISTED_MS);
      const hasMore = rows.length > page.limit;
      // One too many: the oldest of those below a bound, the newest of those above one.
      const kept = page.after === undefined ? rows.slice(0, page.limit) : rows.slice(hasMore ? 1 : 0);
      const events = kept.map((row) => readable(row, personId)).filter((event) => event !== undefined);
      return { events, hasMore, newest: kept[0]?.place, oldest: kept.at(-1)?.place };
    },
    event(personId, eventId) {
      const row = store.one(personId, eventId);
      return row && readable(row, personId);
    },
    remove(personId, eventId) {
      const row = store.one(personId, eventId);
      if (!row) return false;
      const isGone = store.transact(() => store.remove(personId, row));
      if (isGone && row.hasMedia) media.deleted({ kind: 'message', id: eventId });
      return true;
    },
    participants(personId, conversationId) {
      const members = store.members(conversationId);
      return members.includes(personId) ? members : undefined;
    },
    pairId,
    mayWrite,
    after: (place, limit) =>
      store
        .after(place, limit)
        .map(({ row, personIds }) => ({ place: row.place, event: readable(row), personIds })),
    lastPlace: store.lastPlace,
    placeBefore: store.placeBefore,
    onKept: (listener) => void listeners.push(listener),
    followDeletions() {
      try {
        takeAway();
      } catch (error) {
        // A disk that takes nothing now: nobody is shown them anyway, and the next change tries again.
        if (!(error instanceof Problem)) throw error;
      }
    },
    close: store.close,
  };

  /** Looks for deletions that the network's events tell of, and does what they ask for. */
  function takeAway(): void {
    for (;;) {
      // Asked first: what comes after it is not passed over.
      const newest = options.events.lastEvent();
      const found = options.events.events({ after: seen, limit: EVENTS_PAGE, kinds: ['person-deleted'] });
      for (const event of found) {
        // An account that is only switched off comes back with what it wrote.
        if ('personId' in event && people.people([event.personId])[0] === undefined) forget(event.personId);
      }
      const isPage = found.length === EVENTS_PAGE;
      const last = isPage ? found.at(-1)!.seq : newest;
      if (last > seen) seen = last;
      if (found.length > 0 || seen - written > UNWRITTEN_EVENTS_MAX) {
        store.transact(() => store.setMark(SEEN_EVENT, Number(seen)));
        written = seen;
      }
      if (!isPage) return;
    }
  }

  /** Takes everything that this person sent, and their part in conversations, away. */
  function forget(personId: string): void {
    const withMedia = store.transact(() => {
      const conversations = store.conversationsOf(personId);
      const erased = store.erase(personId);
      for (const conversationId of conversations) {
        const left = store.members(conversationId);
        // Of a conversation of two nobody is left to tell.
        if (pairOf(conversationId) || left.length === 0) continue;
        const leave = { id: mint(), kind: 'ParticipantsLeave', senderId: personId, conversationId } as const;
        keep(leave, { persons: [personId] }, left);
      }
      return erased;
    });
    for (const id of withMedia) media.deleted({ kind: 'message', id });
  }

  messages.followDeletions();
  return messages;
}

function sealName(eventId: string): string {
  return `message ${eventId}`;
}

function unknownConversation(conversationId: string): Problem {
  return new Problem('not-found', { detail: `You take part in no conversation ${conversationId}.` });
}
