import { compareIds, isId, Problem } from '#kernel';
import type { MediaLibrary, PostMedia } from '#media';
import {
  bondOf,
  type Entities,
  extractEntities,
  judgeAccount,
  mayMessage,
  type PostReader,
  type RelationReader,
} from '#posts';
import type { MessageInput } from './port.ts';

/** X's limit of a message, in characters. */
export const TEXT_LENGTH_MAX = 10_000;
/** X's: one attachment a message. */
export const ATTACHMENTS_MAX = 1;
const POST_LINK =
  /^https?:\/\/(?:www\.|mobile\.)?(?:x|twitter)\.com\/[\w.-]{1,64}\/status\/([0-9]{1,19})(?:[/?#]|$)/i;

const NO_MEDIA = { media: [] };

/** A message that may be sent, ready to be kept. */
export type WrittenMessage = {
  text: string;
  entities: Entities;
  posts: string[];
  media: PostMedia[];
};

type Parts = {
  people: Pick<PostReader, 'people'>;
  relations: Pick<RelationReader, 'isRelated'>;
  media: Pick<MediaLibrary, 'mediaOf'>;
};

/** Who may write to whom, and what. @param wrote whether this person wrote in that conversation. */
export function createRules(
  { people, relations, media }: Parts,
  wrote: (personId: string, conversationId: string) => boolean,
) {
  const standing = (personId: string) => judgeAccount(people.people([personId])[0]);

  function mayWrite(personId: string, to: string): boolean {
    const person = people.people([to])[0];
    const isKnown =
      person?.protected === true &&
      (relations.isRelated('follow', to, personId) || wrote(to, pairId(personId, to)));
    return mayMessage(person, bondOf(relations, personId, to, person), isKnown);
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
    const attached = mediaIds.length === 0 ? NO_MEDIA : media.mediaOf(personId, mediaIds);
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

  function refuseUnless(personId: string, to: string): void {
    if (standing(to) === 'deleted') throw new Problem('not-found', { detail: `There is no person ${to}.` });
    if (!mayWrite(personId, to))
      throw forbidden(
        `You cannot send messages to ${to}: one of you blocked the other, or they take none from you.`,
      );
  }

  return { standing, mayWrite, check, refuseUnless };
}

/** The id of the conversation of two, as X writes it: the smaller id first. */
export function pairId(one: string, other: string): string {
  return compareIds(one, other) < 0 ? `${one}-${other}` : `${other}-${one}`;
}

/** The two of a conversation's id; undefined for a group's, and for what nobody's conversation is called. */
export function pairOf(conversationId: string): readonly string[] | undefined {
  const pair = conversationId.split('-');
  return pair.length === 2 ? pair : undefined;
}

export function unfit(detail: string): Problem {
  return new Problem('body-invalid', { detail });
}

function forbidden(detail: string): Problem {
  return new Problem('client-forbidden', { detail });
}
