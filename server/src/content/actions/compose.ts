import { composeText, fitsPost, type Person, type Post, TEXT_LENGTH_MAX } from '#posts';
import type { ActionContext } from './action-context.ts';
import type { PostAct } from './port.ts';
import { forbidden, unfit } from './refusal.ts';

/** X names at most so many of a conversation's persons by itself. */
const MENTIONS_MAX = 50;
/** `twitter-text` calls these invalid: byte order marks and what Unicode says is no character. */
const NOT_TEXT = /[\ufeff\ufffe\uffff]/;

export type Composed = Pick<Post, 'text' | 'longText' | 'displayTextRange'>;

/** What a person wrote, as it is kept: composed characters, no white space around. @throws `body-invalid`. */
export function written(text: string): string {
  if (!text.isWellFormed() || NOT_TEXT.test(text))
    throw unfit('`text` holds what is no character of Unicode.');
  return text.normalize('NFC').trim();
}

/** @throws `forbidden` for what is too long for this author. Whom the network has verified in any way writes long posts. */
export function refuseLength(author: Person, text: string): void {
  if (text === '' || fitsPost(text)) return;
  if (author.verifiedType === 'none') throw forbidden('text-too-long');
  if (text.length > TEXT_LENGTH_MAX) throw unfit(`\`text\` is longer than ${TEXT_LENGTH_MAX} characters.`);
}

/**
 * A post's texts. @param prefix the names of whom a reply answers, as on X: they are not counted, and the display range
 * leaves them out.
 */
export function compose(text: string, prefix: string): Composed {
  const whole = prefix + text;
  if (whole.length > TEXT_LENGTH_MAX) throw unfit(`\`text\` is longer than ${TEXT_LENGTH_MAX} characters.`);
  const long = text === '' || fitsPost(text) ? undefined : composeText(whole);
  const shown = (long?.text ?? whole).trimEnd();
  const end = [...shown].length;
  return {
    text: shown,
    ...(long?.longText && { longText: long.longText }),
    displayTextRange: [Math.min([...prefix].length, end), end],
  };
}

/** What its author wrote of a post, without the names before it. */
export function writtenOf(post: Post): string {
  const whole = post.longText?.text ?? post.text;
  return whole.slice(prefixOf(post).length);
}

/** The names before a post's own words, with the white space after them. */
export function prefixOf(post: Post): string {
  return [...post.text].slice(0, post.displayTextRange?.[0] ?? 0).join('');
}

/** What `@jean-luc.p` may name: itself, `jean-luc` and `jean`. */
function startsOf(name: string): string[] {
  return [name, ...[...name.matchAll(/[.-]+/g)].map(({ index }) => name.slice(0, index))];
}

/** Whom a reply names by itself: the author of what it answers, then whom that names, without the person themself. */
export function replyPrefix(
  { posts }: Pick<ActionContext, 'posts'>,
  parent: Post,
  author: Pick<Person, 'username'>,
  text: string,
  { excludeReplyPersonIds = [] }: Pick<PostAct, 'excludeReplyPersonIds'>,
): string {
  const excluded = new Set(
    posts.people(excludeReplyPersonIds).map((person) => person?.username.toLowerCase()),
  );
  const already = new Set(
    [...text.matchAll(/@([\w.-]{0,63}\w)/g)].flatMap(([, name = '']) => startsOf(name.toLowerCase())),
  );
  const parentAuthor = posts.people([parent.authorId])[0]?.username;
  const names = (parent.entities.mentions ?? []).map(({ username }) => username);
  const seen = new Set([author.username.toLowerCase(), ...already]);
  const wanted: string[] = [];
  for (const [username, isAuthor] of [
    [parentAuthor, true] as const,
    ...names.map((one) => [one, false] as const),
  ]) {
    const name = username?.toLowerCase();
    if (!username || !name || seen.has(name) || (!isAuthor && excluded.has(name))) continue;
    seen.add(name);
    wanted.push(username);
  }
  return wanted
    .slice(0, MENTIONS_MAX)
    .map((username) => `@${username} `)
    .join('');
}
