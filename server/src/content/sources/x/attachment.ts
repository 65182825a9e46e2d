import type { Media, Place, Poll } from '#posts';
import { optionalTime } from '../time.ts';
import {
  BadRecord,
  countValue,
  idValue,
  type JsonValue,
  listOf,
  objects,
  optionalCount,
  optionalObject,
  optionalText,
  optionalTexts,
  quote,
  textValue,
} from '../value.ts';

const MEDIA_TYPES = ['photo', 'video', 'animated_gif'] as const;

/** An X API v2 media object. Needs `media_key` and `type`. */
export function xMedia(object: JsonValue): Media {
  const type = MEDIA_TYPES.find((one) => one === object.type);
  if (!type) throw new BadRecord(`media type is ${quote(object.type)}: photo, video or animated_gif`);
  const media: Media = { mediaKey: textValue(object.media_key, 'media_key'), type };
  const texts = [
    ['url', 'url'],
    ['previewImageUrl', 'preview_image_url'],
    ['altText', 'alt_text'],
  ] as const;
  for (const [field, key] of texts) {
    const text = optionalText(object, key);
    if (text !== undefined) media[field] = text;
  }
  const counts = [
    ['width', 'width'],
    ['height', 'height'],
    ['durationMs', 'duration_ms'],
  ] as const;
  for (const [field, key] of counts) {
    const count = optionalCount(object, key);
    if (count !== undefined) media[field] = count;
  }
  const metrics = optionalObject(object, 'public_metrics');
  const views = metrics && optionalCount(metrics, 'view_count');
  if (views !== undefined) media.views = views;
  const variants = objects(object, 'variants').map((one) => {
    const bitRate = optionalCount(one, 'bit_rate');
    return {
      contentType: textValue(one.content_type, 'variants.content_type'),
      url: textValue(one.url, 'variants.url'),
      ...(bitRate !== undefined && { bitRate }),
    };
  });
  if (variants.length) media.variants = variants;
  return media;
}

/** An X API v2 poll object. Needs `id` and `options`. */
export function xPoll(object: JsonValue): Poll {
  const poll: Poll = {
    id: idValue(object.id, 'poll id'),
    options: objects(object, 'options').map((one, index) => ({
      position: optionalCount(one, 'position') ?? index + 1,
      label: textValue(one.label, 'options.label'),
      votes: countValue(one.votes ?? 0, 'options.votes'),
    })),
  };
  const minutes = optionalCount(object, 'duration_minutes');
  if (minutes !== undefined) poll.durationMinutes = minutes;
  const endsAt = optionalTime(object.end_datetime, 'end_datetime');
  if (endsAt !== undefined) poll.endsAt = endsAt;
  if (object.voting_status === 'open' || object.voting_status === 'closed')
    poll.votingStatus = object.voting_status;
  return poll;
}

/** An X API v2 place object. Needs `id` and `full_name`. */
export function xPlace(object: JsonValue): Place {
  const place: Place = {
    id: textValue(object.id, 'place id'),
    fullName: textValue(object.full_name, 'full_name'),
  };
  const texts = [
    ['name', 'name'],
    ['country', 'country'],
    ['countryCode', 'country_code'],
    ['placeType', 'place_type'],
  ] as const;
  for (const [field, key] of texts) {
    const text = optionalText(object, key);
    if (text !== undefined) place[field] = text;
  }
  const geo = optionalObject(object, 'geo');
  const box = geo && listOf(geo, 'bbox');
  if (box && box.length >= 4) place.geo = { type: 'Feature', bbox: boundingBox(box), properties: {} };
  const within = optionalTexts(object, 'contained_within');
  if (within) place.containedWithin = within;
  return place;
}

/** [west, south, east, north] in degrees (GeoJSON, RFC 7946, section 5). */
export function boundingBox(box: readonly unknown[]): [number, number, number, number] {
  const [west, south, east, north] = box.map(Number) as [number, number, number, number];
  const fits =
    [west, east].every((degrees) => Math.abs(degrees) <= 180) &&
    [south, north].every((degrees) => Math.abs(degrees) <= 90);
  if (!fits) throw new BadRecord(`bbox is ${quote(box)}: write [west, south, east, north] in degrees`);
  return [west, south, east, north];
}
