import { type Entities, isUsername, type Url } from '#posts';
import {
  BadRecord,
  countValue,
  type JsonValue,
  objects,
  optionalCount,
  optionalId,
  optionalNumber,
  optionalText,
  textValue,
} from '../value.ts';

/** [start, end] of an entity in code points. X v2 writes two fields, v1.1 writes `indices`. */
function range(entity: JsonValue, kind: string): [number, number] {
  const indices = Array.isArray(entity.indices) ? entity.indices : [entity.start, entity.end];
  const start = countValue(indices[0], `entities.${kind}.start`);
  const end = countValue(indices[1], `entities.${kind}.end`);
  if (end < start) throw new BadRecord(`entities.${kind} ends at ${end}, before it starts at ${start}`);
  return [start, end];
}

/** The `entities` of an X v2 post, note or person's field. Empty lists are left out. */
export function xEntities(given: JsonValue): Entities {
  const entities: Entities = {};
  const hashtags = objects(given, 'hashtags').map((one) => tag(one, 'hashtags'));
  const cashtags = objects(given, 'cashtags').map((one) => tag(one, 'cashtags'));
  const mentions = objects(given, 'mentions').flatMap((one) => {
    const [start, end] = range(one, 'mentions');
    const id = optionalId(one, 'id');
    const username = textValue(one.username, 'entities.mentions.username');
    // A name that no account can have could never be asked for.
    return isUsername(username) ? [{ start, end, username, ...(id && { id }) }] : [];
  });
  const urls = objects(given, 'urls').map(url);
  const annotations = objects(given, 'annotations').map((one) => {
    const [start, end] = range(one, 'annotations');
    return {
      start,
      end,
      probability: optionalNumber(one, 'probability') ?? 0,
      type: textValue(one.type ?? 'Other', 'entities.annotations.type'),
      normalizedText: textValue(one.normalized_text ?? '', 'entities.annotations.normalized_text'),
    };
  });
  if (hashtags.length) entities.hashtags = hashtags;
  if (cashtags.length) entities.cashtags = cashtags;
  if (mentions.length) entities.mentions = mentions;
  if (urls.length) entities.urls = urls;
  if (annotations.length) entities.annotations = annotations;
  return entities;
}

function tag(one: JsonValue, kind: string): { start: number; end: number; tag: string } {
  const [start, end] = range(one, kind);
  return { start, end, tag: textValue(one.tag, `entities.${kind}.tag`) };
}

function url(one: JsonValue): Url {
  const [start, end] = range(one, 'urls');
  const result: Url = { start, end, url: textValue(one.url, 'entities.urls.url') };
  const texts = [
    ['expandedUrl', 'expanded_url'],
    ['displayUrl', 'display_url'],
    ['unwoundUrl', 'unwound_url'],
    ['title', 'title'],
    ['description', 'description'],
    ['mediaKey', 'media_key'],
  ] as const;
  for (const [field, key] of texts) {
    const text = optionalText(one, key);
    if (text !== undefined) result[field] = text;
  }
  const status = optionalCount(one, 'status');
  if (status !== undefined) result.status = status;
  const images = objects(one, 'images').map((image) => ({
    url: textValue(image.url, 'entities.urls.images.url'),
    width: countValue(image.width ?? 0, 'entities.urls.images.width'),
    height: countValue(image.height ?? 0, 'entities.urls.images.height'),
  }));
  if (images.length) result.images = images;
  return result;
}
