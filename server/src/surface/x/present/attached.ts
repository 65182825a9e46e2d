import type { Media, Place, Poll } from '#posts';
import { MEDIA_FIELDS, PLACE_FIELDS, POLL_FIELDS } from '../vocabulary.ts';
import { filled, isoTime, type Makers, some, writers } from './field.ts';

const mediaMakers: Makers<Media> = {
  media_key: (media) => media.mediaKey,
  type: (media) => media.type,
  url: (media) => filled(media.url),
  preview_image_url: (media) => filled(media.previewImageUrl),
  alt_text: (media) => filled(media.altText),
  width: (media) => media.width,
  height: (media) => media.height,
  duration_ms: (media) => media.durationMs,
  public_metrics: (media) => (media.views === undefined ? undefined : { view_count: media.views }),
  variants: (media) =>
    some(
      media.variants?.map((variant) => ({
        bit_rate: variant.bitRate,
        content_type: variant.contentType,
        url: variant.url,
      })),
    ),
};

const pollMakers: Makers<Poll> = {
  id: (poll) => poll.id,
  options: (poll) => poll.options,
  duration_minutes: (poll) => poll.durationMinutes,
  end_datetime: (poll) => (poll.endsAt === undefined ? undefined : isoTime(poll.endsAt)),
  voting_status: (poll) => poll.votingStatus,
};

const placeMakers: Makers<Place> = {
  id: (place) => place.id,
  full_name: (place) => place.fullName,
  name: (place) => filled(place.name),
  country: (place) => filled(place.country),
  country_code: (place) => filled(place.countryCode),
  place_type: (place) => filled(place.placeType),
  geo: (place) => place.geo,
  contained_within: (place) => some(place.containedWithin),
};

export const mediaWriter = writers(MEDIA_FIELDS, mediaMakers, ['media_key', 'type']);
export const pollWriter = writers(POLL_FIELDS, pollMakers, ['id', 'options']);
export const placeWriter = writers(PLACE_FIELDS, placeMakers, ['id', 'full_name']);
