import type { PostReader } from '#posts';
import type { Terms } from '#terms';
import type { Link, LinkPresenter } from '#webhooks';
import { audienceOf } from '../operation.ts';
import { POST_SELECTION, postSelection } from '../params/field-selection.ts';
import type { InDialect, Values } from '../params/parameter.ts';
import { parseQuery } from '../params/parse.ts';
import { saidDialect } from '../params/said.ts';
import { isoTime } from '../present/field.ts';
import { type CachedAround, createJsonCache } from '../present/json-cache.ts';
import { linePresenter } from '../stream/stream-page.ts';

/** JSON of what was new lately: several webhooks of one app, or several apps, get the same post. */
const CACHE_BYTES = 4 << 20;

/** What was asked for when a webhook was linked, one text a parameter, as X lists it: `user.fields=name,username`. */
export function fieldTexts({ dialect, ...values }: Values<typeof POST_SELECTION> & InDialect): string[] {
  return Object.entries(POST_SELECTION).flatMap(([as, parameter]) => {
    const words = values[as as keyof typeof POST_SELECTION];
    if (!words || words.set.words.length === 0) return [];
    const name = dialect === 'current' && 'also' in parameter ? parameter.also : parameter.name;
    return [`${name}=${words.set.words.map((word) => parameter.of.spell(word, dialect)).join(',')}`];
  });
}

/**
 * Posts that match rules as bodies of deliveries: one line of the stream each.
 * @param dialectOf an app's setting, and the dialect in which it last showed itself.
 */
export function linkPresenter(
  posts: PostReader,
  around: CachedAround,
  dialectOf: Terms['dialectOf'],
): LinkPresenter {
  const jsonCache = createJsonCache(posts, around, CACHE_BYTES);
  return {
    audienceOf: (caller) => audienceOf({ caller }),
    present({ appId }, texts, post, rules, audience) {
      // They were accepted once; a word that is not known any more is left out.
      const { values } = parseQuery(POST_SELECTION, texts.join('&'));
      const { setting, last } = dialectOf(appId);
      const dialect =
        setting === 'auto' ? (saidDialect(POST_SELECTION, values) ?? last ?? 'classic') : setting;
      const fields = postSelection({ ...values, dialect });
      const { groups, lines } = linePresenter(fields, audience, { jsonCache })([{ post, rules }]);
      return { group: groups[0]!, body: (dropped) => (lines({ kept: 1, dropped })[0] ?? '').trimEnd() };
    },
  };
}

export function writeLink({ webhookId, appId, createdAt, fields }: Link): object {
  return {
    application_id: appId,
    created_at: isoTime(createdAt),
    fields: fields.length === 0 ? undefined : fields,
    webhook_id: webhookId,
  };
}
