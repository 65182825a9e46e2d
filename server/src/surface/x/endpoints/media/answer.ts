import type { Upload } from '#media';
import { body } from '../../answer/body.ts';
import type { ReadResult } from '../../operation.ts';

/** Done is done before the answer; clients that wait for a video ask until they are told so. */
const SUCCEEDED = { state: 'succeeded', progress_percent: 100 };

/** Seconds until it is gone unless a post uses it; undefined once one does. */
function expiresAfter({ expiresAt }: Upload, now: number): number | undefined {
  return expiresAt === undefined ? undefined : Math.max(0, Math.floor((expiresAt - now) / 1000));
}

function found(text: string, status?: ReadResult['status']): ReadResult {
  return status === undefined
    ? { groups: [], present: () => text }
    : { groups: [], status, present: () => text };
}

/** The answer of X's v2. @param isStatus whether the client asked how far it is. */
export function uploadAnswer(upload: Upload, now: number, isStatus = false): ReadResult {
  const data = {
    id: upload.id,
    media_key: upload.mediaKey,
    expires_after_secs: expiresAfter(upload, now),
    size: upload.size || undefined,
    processing_info: isStatus && upload.state === 'ready' ? SUCCEEDED : undefined,
  };
  return found(body({ data: JSON.stringify(data) }));
}

/** `expires_at` in Unix seconds. */
export function appendAnswer({ expiresAt }: Upload): ReadResult {
  const data = { expires_at: expiresAt === undefined ? undefined : Math.ceil(expiresAt / 1000) };
  return found(body({ data: JSON.stringify(data) }));
}

export function metadataAnswer({ id, altText }: Upload): ReadResult {
  const associated = altText === undefined ? {} : { alt_text: { text: altText } };
  return found(body({ data: JSON.stringify({ id, associated_metadata: associated }) }));
}

/** The answer of v1.1, where an id is a number and too large for most parsers: hence the text beside it. */
export function olderAnswer(
  upload: Upload,
  now: number,
  status: 200 | 201 | 202,
  isStatus = false,
): ReadResult {
  const { id, mediaKey, contentType, width, height, size } = upload;
  const isVideo = contentType?.startsWith('video/');
  const rest = {
    media_id_string: id,
    media_key: mediaKey,
    size: size || undefined,
    expires_after_secs: expiresAfter(upload, now),
    image: contentType && !isVideo ? { image_type: contentType, w: width, h: height } : undefined,
    video: isVideo ? { video_type: contentType } : undefined,
    processing_info: isStatus && upload.state === 'ready' ? SUCCEEDED : undefined,
  };
  return found(`{"media_id":${BigInt(id)},${JSON.stringify(rest).slice(1)}`, status);
}

export const NOTHING: ReadResult = found('', 204);
export const DONE: ReadResult = found('');
