import type { Entities } from './post.ts';

/**
 * Names of accounts. X's own have 1 to 15 letters, digits and underscores; those that come from other networks may be
 * longer and hold dots and hyphens. Whatever is a name here can be looked up, searched for and mentioned.
 */
export const USERNAME_LENGTH_MAX = 64;
export const USERNAME_PATTERN = `^[A-Za-z0-9_.-]{1,${USERNAME_LENGTH_MAX}}$`;
const USERNAME = new RegExp(USERNAME_PATTERN);

export function isUsername(text: string): boolean {
  return USERNAME.test(text);
}

const MAY_GO_ON = /[@＠][A-Za-z0-9_]+[.-]+[A-Za-z0-9_]/;
const WRITTEN = /[@＠]([A-Za-z0-9_]+)((?:[.-]+[A-Za-z0-9_]+)+)/y;
const SURROGATE = /[\ud800-\udbff]/;

type Mention = NonNullable<Entities['mentions']>[number];

/**
 * The longer names that a mention could be: X ends a name at a dot or hyphen, so `@jean-luc.p` mentions `jean` there, and
 * here perhaps `jean-luc` or `jean-luc.p`.
 * @param mention `start` in code points. @returns longest first; none where the text goes on with something else.
 */
export function longerNames(text: string, { start, username }: Mention): string[] {
  if (!MAY_GO_ON.test(text)) return [];
  WRITTEN.lastIndex = SURROGATE.test(text) ? [...text].slice(0, start).join('').length : start;
  const [, name = '', rest = ''] = WRITTEN.exec(text) ?? [];
  if (name.toLowerCase() !== username.toLowerCase()) return [];
  const names: string[] = [];
  let longer = name;
  for (const [part] of rest.matchAll(/[.-]+[A-Za-z0-9_]+/g)) {
    longer += part;
    if (longer.length > USERNAME_LENGTH_MAX) break;
    names.unshift(longer);
  }
  return names;
}

/**
 * Entities whose mentions name the person who is here: where a mention without an id goes on with a dot or hyphen, the
 * longest name that somebody bears is meant. What X read as `@jean` and gave an id stays as it is.
 * @param isBorne whether somebody here has this name.
 */
export function nameMentions(text: string, entities: Entities, isBorne: (name: string) => boolean): Entities {
  if (!entities.mentions || !MAY_GO_ON.test(text)) return entities;
  let changed = false;
  const mentions = entities.mentions.map((mention) => {
    const username = mention.id === undefined ? longerNames(text, mention).find(isBorne) : undefined;
    if (username === undefined) return mention;
    changed = true;
    return { ...mention, end: mention.start + 1 + username.length, username };
  });
  return changed ? { ...entities, mentions } : entities;
}
