import type twitterText from 'twitter-text';
import type { Entities, Url } from './post.ts';
import { hasTopLevel, loadTwitterText } from './twitter-text.ts';
import { USERNAME_LENGTH_MAX } from './usernames.ts';

/**
 * Hashtags, cashtags, mentions and links of a text by the rules of X's own library, `twitter-text`. A text without
 * any of `# @ $` or a dot before a letter never reaches its regular expressions. A long text is read word by word:
 * no entity holds white space, and the rules look no further than one character before it. Three things differ from the
 * library: a link that is glued to a word is a link, one without `https://` needs a top-level domain that exists, and a name
 * may be longer than 20 characters.
 */

/** `twitter-text` takes 1.2 s on 24 KB of `a-a-…`; it never sees more than this at once. UTF-16 code units. */
export const RUN_LENGTH_MAX = 2048;
/**
 * So much of a text is searched for links, in words that could hold one: words of dots alone cost 8 ms a thousand,
 * and a post of 100 real links stays below it. UTF-16 code units.
 */
export const LINKS_READ_MAX = 8192;
/** More than any real post has; bounds what one post adds to the index and to answers. */
export const ENTITIES_MAX = 500;
/** Of an address's path, X shows this many characters, the slash included, and an ellipsis. */
const DISPLAY_PATH_LENGTH = 15;

const TRIGGER = /[#＃@＠$]|\.[a-zA-Z\u0080-\uffff]/;
const URL_TRIGGER = /\.[a-zA-Z\u0080-\uffff]/;
/** With the white space before it, if any: a link at the text's very start is read a little differently. */
const RUN = /[ \t\n\r\u3000]?[^ \t\n\r\u3000]+/g;
const NAME_CHARACTER = /[A-Za-z0-9_]/;
/** Where a link begins behind a letter or digit. */
const GLUED = /(?<=[A-Za-z0-9])https?:\/\//gi;
const SCHEME = /^https?:\/\//i;
const SURROGATE = /[\ud800-\udbff]/;

/** Its published types leave out the option that keeps it from looking for links by itself. */
type ExtractHashtags = (
  text: string,
  options: { checkUrlOverlap: boolean },
) => twitterText.HashtagWithIndices[];

/** Start and end in UTF-16 code units of the text. */
type Found = { start: number; end: number } & (
  | { kind: 'hashtag' | 'cashtag' | 'mention'; word: string }
  | { kind: 'url'; url: string }
);

/**
 * @param text a post's text or a person's description, as it will be shown.
 * @returns positions in code points, `end` excluded; kinds of which there are none are left out.
 */
export function extractEntities(text: string): Entities {
  if (!TRIGGER.test(text)) return {};
  const found: Found[] = [];
  if (text.length <= RUN_LENGTH_MAX) {
    for (const part of unglued(text)) readPart(part, 0, URL_TRIGGER.test(part.text), found);
  } else readLong(text, found);
  if (found.length === 0) return {};
  found.length = Math.min(found.length, ENTITIES_MAX);
  if (SURROGATE.test(text)) toCodePoints(text, found);
  return group(found);
}

function readLong(text: string, found: Found[]): void {
  let linksRead = 0;
  for (const { 0: run, index } of text.matchAll(RUN)) {
    if (!TRIGGER.test(run)) continue;
    for (const part of unglued(run).flatMap(cut)) {
      const mayLink = linksRead < LINKS_READ_MAX && URL_TRIGGER.test(part.text);
      if (mayLink) linksRead += part.text.length;
      readPart(part, index, mayLink, found);
    }
    if (found.length >= ENTITIES_MAX) break;
  }
}

type Part = { text: string; offset: number; cutBefore: boolean; cutAfter: boolean };

/** A link that a word runs into is read by itself, for the library would find none: `wordhttps://t.co/a`. */
function unglued(text: string): Part[] {
  const starts = text.includes('://') ? [...text.matchAll(GLUED)].map(({ index }) => index) : [];
  return [0, ...starts].map((offset, at) => {
    return { text: text.slice(offset, starts[at]), offset, cutBefore: false, cutAfter: false };
  });
}

/** A part in parts that are safe to read; nearly always one. */
function cut(part: Part): Part[] {
  const { text } = part;
  if (text.length <= RUN_LENGTH_MAX) return [part];
  const parts: Part[] = [];
  for (let start = 0; start < text.length; ) {
    let end = Math.min(text.length, start + RUN_LENGTH_MAX);
    if (end < text.length && SURROGATE.test(text[end - 1] ?? '')) end -= 1;
    const offset = part.offset + start;
    parts.push({ text: text.slice(start, end), offset, cutBefore: start > 0, cutAfter: end < text.length });
    start = end;
  }
  return parts;
}

/** Reads one part. An entity that touches a cut may be the half of something, so it is left out. */
function readPart(part: Part, runStart: number, mayLink: boolean, found: Found[]): void {
  const base = runStart + part.offset;
  for (const one of read(part.text, mayLink)) {
    const [start, end] = one.indices;
    if ((part.cutBefore && start === 0) || (part.cutAfter && end === part.text.length)) continue;
    const at = { start: base + start, end: base + end };
    if ('url' in one) {
      if (SCHEME.test(one.url) || hasTopLevel(one.url)) found.push({ ...at, kind: 'url', url: one.url });
    } else if ('hashtag' in one) found.push({ ...at, kind: 'hashtag', word: one.hashtag });
    else if ('cashtag' in one) found.push({ ...at, kind: 'cashtag', word: one.cashtag });
    // A list, `@user/list`, mentions nobody.
    else if (!('listSlug' in one && one.listSlug)) {
      const word = wholeName(part.text, one.screenName, end);
      if (word === undefined || (part.cutAfter && start + 1 + word.length === part.text.length)) continue;
      found.push({ kind: 'mention', word, start: at.start, end: at.start + 1 + word.length });
    }
  }
}

/** The library ends a name after 20 characters; names that come from other networks go on. */
function wholeName(text: string, name: string, end: number): string | undefined {
  let whole = end;
  while (NAME_CHARACTER.test(text[whole] ?? '')) whole += 1;
  const word = name + text.slice(end, whole);
  return word.length <= USERNAME_LENGTH_MAX ? word : undefined;
}

/** All kinds at once, because overlaps are settled between them; links only where one can be. */
function read(text: string, mayLink: boolean): ReturnType<typeof twitterText.extractEntitiesWithIndices> {
  if (mayLink) return loadTwitterText().extractEntitiesWithIndices(text);
  const entities = [
    ...loadTwitterText().extractMentionsOrListsWithIndices(text),
    ...(loadTwitterText().extractHashtagsWithIndices as ExtractHashtags)(text, { checkUrlOverlap: false }),
    ...loadTwitterText().extractCashtagsWithIndices(text),
  ];
  if (entities.length > 1) loadTwitterText().removeOverlappingEntities(entities);
  return entities;
}

/** Shifts positions, ascending, from UTF-16 code units to code points in one walk. */
function toCodePoints(text: string, found: Found[]): void {
  let unit = 0;
  let point = 0;
  const walk = (to: number) => {
    for (; unit < to; point += 1) unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
    return point;
  };
  for (const one of found) {
    one.start = walk(one.start);
    one.end = walk(one.end);
  }
}

function group(found: Found[]): Entities {
  const entities: Entities = {};
  const listOf = <Kind extends 'hashtags' | 'cashtags' | 'mentions' | 'urls'>(kind: Kind) => {
    const list: NonNullable<Entities[Kind]> = entities[kind] ?? [];
    entities[kind] = list;
    return list;
  };
  for (const one of found) {
    const { start, end } = one;
    if (one.kind === 'url') listOf('urls').push({ start, end, ...describeUrl(one.url) });
    else if (one.kind === 'hashtag') listOf('hashtags').push({ start, end, tag: one.word });
    else if (one.kind === 'cashtag') listOf('cashtags').push({ start, end, tag: one.word });
    else listOf('mentions').push({ start, end, username: one.word });
  }
  return entities;
}

/**
 * A link as X shows it: without protocol and `www.`, the path cut after 15 characters. X shortens every link to
 * t.co and so knows where it leads; here a link leads where it says.
 */
export function describeUrl(url: string): Pick<Url, 'url' | 'expandedUrl' | 'displayUrl'> {
  const expandedUrl = /^https?:\/\//i.test(url) ? url : `http://${url}`;
  const bare = expandedUrl.replace(/^https?:\/\/(?:www\.)?/i, '');
  const slash = bare.search(/[/?#]/);
  if (slash < 0) return { url, expandedUrl, displayUrl: bare };
  const path = [...bare.slice(slash)];
  const shown = path.length > DISPLAY_PATH_LENGTH ? [...path.slice(0, DISPLAY_PATH_LENGTH), '…'] : path;
  return { url, expandedUrl, displayUrl: bare.slice(0, slash) + (path.length > 1 ? shown.join('') : '') };
}
