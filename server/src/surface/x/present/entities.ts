import type { Entities, Url, Withheld } from '#posts';
import type { Dialect } from '../vocabulary.ts';
import { some, someOf } from './field.ts';

/** Entities in X's shape. Positions are code points, `end` excluded, as they are kept. */
export function writeEntities(entities: Entities | undefined): Record<string, unknown> | undefined {
  if (!entities) return undefined;
  return someOf({
    annotations: some(
      entities.annotations?.map((one) => ({
        start: one.start,
        end: one.end,
        probability: one.probability,
        type: one.type,
        normalized_text: one.normalizedText,
      })),
    ),
    cashtags: some(entities.cashtags),
    hashtags: some(entities.hashtags),
    mentions: some(entities.mentions),
    urls: some(entities.urls?.map(writeUrl)),
  });
}

function writeUrl(url: Url): Record<string, unknown> {
  return {
    start: url.start,
    end: url.end,
    url: url.url,
    expanded_url: url.expandedUrl,
    display_url: url.displayUrl,
    media_key: url.mediaKey,
    images: some(url.images),
    status: url.status,
    title: url.title || undefined,
    description: url.description || undefined,
    unwound_url: url.unwoundUrl,
  };
}

export function writeWithheld(
  withheld: Withheld | undefined,
  dialect: Dialect,
): Record<string, unknown> | undefined {
  if (!withheld) return undefined;
  return {
    copyright: withheld.copyright,
    country_codes: withheld.countryCodes,
    scope: withheld.scope === 'tweet' && dialect === 'current' ? 'post' : withheld.scope,
  };
}
