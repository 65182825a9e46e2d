import { type Clock, compareIds, isId, makeId, Problem, type Vault } from '#kernel';
import type { MediaRoom, PostMedia, Unusable } from '#media';
import {
  type Entities,
  type EventReader,
  extractEntities,
  judgePerson,
  type PostReader,
  type RelationReader,
} from '#posts';
import { LISTED_MS, type MessageEvent, type MessageInput, type Messages, type Sent } from './port.ts';
import { type EventRow, openMessageStore } from './store-sqlite.ts';

/** X's limit of a message, in characters. */
export const TEXT_LENGTH_MAX = 10_000;
/** X's: one attachment a message. */
export const ATTACHMENTS_MAX = 1;
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
const POST_LINK =
  /^https?:\/\/(?:www\.|mobile\.)?(?:x|twitter)\.com\/\w{1,15}\/status\/([0-9]{1,19})(?:[/?#]|$)/i;

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
  /** What persons uploaded; a message keeps what it shows from expiring. Without it messages have no attachments. */
  media?: Pick<MediaRoom, 'mediaOf' | 'keep' | 'release' | 'deleted'>;
};

const NO_MEDIA = { media: [] };

/** What the vault seals of an event. */
type WrittenMessage = {
  text: string;
  entities: Entities;
  posts: string[];
  media: PostMedia[];
};
type Written = WrittenMessage | { persons: readonly string[] };

/** Opens the messages of a data folder. */
export function openMessages(options: MessagesOptions): Messages {
  const { clock, vault, people, relations, media } = options;
  const store = openMessageStore(options.file);
  const listeners: (() => void)[] = [];
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

  const standing = (personId: string) => {
    const person = people.people([personId])[0];
    return person && person.username !== '' ? judgePerson(person) : 'deleted';
  };

  function mayWrite(personId: string, to: string): boolean {
    const person = people.people([to])[0];
    if (personId === to || !person || standing(to) !== 'serve') return false;
    if (relations.isRelated('block', to, personId) || relations.isRelated('block', personId, to))
      return false;
    if (!person.protected) return true;
    return relations.isRelated('follow', to, personId) || store.wrote(to, pairId(personId, to));
  }

  /** Whoever may not send at all, and what cannot be sent, is refused before anything else is looked at. */
  function check(personId: string, { text = '', mediaIds = [] }: MessageInput): WrittenMessage {
    if (standing(personId) !== 'serve') throw forbidden('This account cannot send messages.');
    if (text === '' && mediaIds.length === 0) throw unfit('A message has `text`, an attachment, or both.');
    if (!text.isWellFormed()) throw unfit('`text` is well-formed Unicode.');
    // Code units first: counting the characters of a megabyte is not needed to refuse it.
    if (text.length > 2 * TEXT_LENGTH_MAX || [...text].length > TEXT_LENGTH_MAX)
      throw unfit(`\`text\` has at most ${TEXT_LENGTH_MAX} characters.`);
    if (mediaIds.length > ATTACHMENTS_MAX)
      throw unfit(`A message has at most ${ATTACHMENTS_MAX} attachment.`);
    const attached =
      mediaIds.length === 0 ? NO_MEDIA : (media?.mediaOf(personId, mediaIds) ?? unknown(mediaIds));
    if ('unusable' in attached)
      throw unfit(
        `\`media_id\` ${attached.unusable.id.slice(0, 20)} names no uploaded and processed media of this person.`,
      );
    // Once, for whoever reads: a hostile text costs a tenth of a second.
    const entities = extractEntities(text);
    const posts = (entities.urls ?? [])
      .flatMap(({ url, expandedUrl }) => POST_LINK.exec(expandedUrl ?? url)?.[1] ?? [])
      .filter(isId);
    return { text, entities, posts: [...new Set(posts)], media: attached.media };
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
    if (mediaIds.length > 0) media?.keep(senderId, mediaIds, { kind: 'message', id });
    try {
      const sent = store.transact(() => {
        const { conversationId, seenBy } = into();
        keep({ id, kind: 'MessageCreate', senderId, conversationId }, written, seenBy);
        return { conversationId, eventId: id };
      });
      for (const hear of listeners) hear();
      return sent;
    } catch (error) {
      if (mediaIds.length > 0) media?.release({ kind: 'message', id });
      throw error;
    }
  }

  function refuseUnless(personId: string, to: string): void {
    if (standing(to) === 'deleted') throw new Problem('not-found', { detail: `There is no person ${to}.` });
    if (!mayWrite(personId, to))
      throw forbidden(
        `You cannot send messages to ${to}: one of you blocked the other, or they take none from you.`,
      );
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
      if (isGone && row.hasMedia) media?.deleted({ kind: 'message', id: eventId });
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
    },
    close: store.close,
  };

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
    for (const id of withMedia) media?.deleted({ kind: 'message', id });
  }

  messages.followDeletions();
  return messages;
}

/** The id of the conversation of two, as X writes it: the smaller id first. */
function pairId(one: string, other: string): string {
  return compareIds(one, other) < 0 ? `${one}-${other}` : `${other}-${one}`;
}

/** The two of a conversation's id; undefined for a group's, and for what nobody's conversation is called. */
function pairOf(conversationId: string): readonly string[] | undefined {
  const pair = conversationId.split('-');
  return pair.length === 2 ? pair : undefined;
}

function unknown([id = '']: readonly string[]): { unusable: Unusable } {
  return { unusable: { id, because: 'unknown' } };
}

function sealName(eventId: string): string {
  return `message ${eventId}`;
}

function unfit(detail: string): Problem {
  return new Problem('body-invalid', { detail });
}

function forbidden(detail: string): Problem {
  return new Problem('client-forbidden', { detail });
}

function unknownConversation(conversationId: string): Problem {
  return new Problem('not-found', { detail: `You take part in no conversation ${conversationId}.` });
}
