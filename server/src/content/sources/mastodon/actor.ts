import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ALL_ALLOWED, defaultPerson, type Person, USERNAME_LENGTH_MAX } from '#posts';
import { mintPersonId } from '../mint.ts';
import type { Emit } from '../reading.ts';
import { optionalTime } from '../time.ts';
import { isObject, type JsonValue, optionalText } from '../value.ts';
import { textOfHtml } from './html.ts';

const SMALL_FILE_BYTES_MAX = 1 << 20;

/**
 * A name that is one here: `https://social.example/users/ana` is `ana_social_example`, for another server may have an
 * Ana of its own.
 */
export function localName(actor: string): string {
  const url = URL.parse(actor);
  const name = url?.pathname.split('/').filter(Boolean).at(-1)?.replace(/^@/, '') ?? 'person';
  return `${name}_${url?.host ?? ''}`.replace(/[^A-Za-z0-9_]+/g, '_').slice(0, USERNAME_LENGTH_MAX);
}

/** `actor.json`, which lies beside the outbox of an archive; undefined without it. */
export function actorBeside(outboxPath: string): JsonValue | undefined {
  const path = join(dirname(outboxPath), 'actor.json');
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile() || stat.size > SMALL_FILE_BYTES_MAX) return undefined;
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isObject(value) && typeof value.id === 'string' ? value : undefined;
  } catch {
    return undefined; // Another actor.json than Mastodon's: the posts name their author anyway.
  }
}

/** Tells of an author once a file: all that their page says, or the name in their address. */
export function emitActor(uri: string, actor: JsonValue | undefined, told: Set<string>, emit: Emit): void {
  if (told.has(uri)) return;
  told.add(uri);
  const createdAt = actor && optionalTime(actor.published, 'published');
  const username = localName(uri);
  const person: Person = {
    ...defaultPerson(mintPersonId(uri)),
    username,
    name: (actor && optionalText(actor, 'name')) ?? username,
    ...(createdAt !== undefined && { createdAt }),
    description: actor ? textOfHtml(optionalText(actor, 'summary') ?? '') : '',
    url: (actor && optionalText(actor, 'url')) ?? uri,
    // `indexable` is Mastodon's own word for being found by search; who says false has refused.
    preferences: { ...ALL_ALLOWED, ...(actor?.indexable === false && { search: false }) },
  };
  const unsaid: (keyof Person)[] = ['verified', 'verifiedType', 'protected', 'metrics', 'state'];
  if (!actor) unsaid.push('name', 'description', 'createdAt', 'url');
  if (actor?.indexable !== false) unsaid.push('preferences');
  emit({ kind: 'person', person, unsaid });
}
