import { PHOTOS_A_POST_MAX } from './limits.ts';
import type { PostMedia, Unusable } from './port.ts';
import type { MediaRow } from './row.ts';

/** X's prefixes. */
const PREFIXES: Readonly<Record<PostMedia['type'], string>> = { photo: '3', video: '7', animated_gif: '16' };

/** Until the content is known the key is a guess from what was declared. */
export function mediaKeyOf({ id, kept, category, declaredType }: MediaRow): string {
  const expected = (): PostMedia['type'] => {
    if (category?.endsWith('_video') || declaredType?.startsWith('video/')) return 'video';
    if (category?.endsWith('_gif')) return 'animated_gif';
    return category === undefined && declaredType === 'image/gif' ? 'animated_gif' : 'photo';
  };
  return `${PREFIXES[kept?.kind ?? expected()]}_${id}`;
}

/** As posts show it. @param row of what is ready. @param base our own address, without a slash at its end. */
export function postMediaOf(row: MediaRow, base: string): PostMedia {
  const { kept } = row;
  if (!kept) throw new TypeError(`upload ${row.id} is not ready`);
  const url = `${base}/media/${kept.name}`;
  const media: PostMedia = {
    mediaKey: mediaKeyOf(row),
    type: kept.kind,
    url,
    width: kept.width,
    height: kept.height,
  };
  if (kept.preview) media.previewImageUrl = `${base}/media/${kept.preview}`;
  if (row.altText) media.altText = row.altText;
  if (kept.durationMs !== undefined) media.durationMs = kept.durationMs;
  if (kept.kind !== 'photo') media.variants = [{ contentType: kept.contentType, url }];
  return media;
}

/** The first that cannot be in one post with those before it. @param rows of the ids; undefined for what is not there. */
export function unusableAmong(
  ids: readonly string[],
  rows: readonly (MediaRow | undefined)[],
): Unusable | undefined {
  const first = rows[0]?.kept?.kind;
  for (const [at, id] of ids.entries()) {
    const row = rows[at];
    if (!row) return { id, because: 'unknown' };
    if (ids.indexOf(id) < at) return { id, because: 'repeated' };
    if (!row.kept) return { id, because: 'not-ready' };
    if (at >= PHOTOS_A_POST_MAX || (at > 0 && (row.kept.kind !== 'photo' || first !== 'photo')))
      return { id, because: 'mixed' };
  }
  return undefined;
}
