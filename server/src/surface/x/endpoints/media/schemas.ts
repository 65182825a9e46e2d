import { count, id, object, type Schema, text } from '../../document/schema.ts';

const base64 = { type: 'string', description: 'The file as a part, or in base64.' };
const category = {
  type: 'string',
  enum: ['tweet_image', 'tweet_gif', 'tweet_video', 'amplify_video', 'dm_image', 'dm_gif', 'dm_video'],
};
const owners = { type: 'array', items: id, maxItems: 100 };
const whole = { type: ['integer', 'string'] };

/** Bodies and answers of the endpoints in this folder, by their names in the document. */
export const mediaSchemas: Readonly<Record<string, Schema>> = {
  MediaUploadRequest: object({
    media: base64,
    media_data: base64,
    media_type: text,
    media_category: category,
    additional_owners: { anyOf: [owners, text] },
    shared: { type: ['boolean', 'string'] },
    command: { enum: ['INIT', 'APPEND', 'FINALIZE', 'STATUS'] },
    media_id: id,
    total_bytes: whole,
    segment_index: whole,
  }),
  MediaInitializeRequest: object(
    {
      media_type: text,
      total_bytes: whole,
      media_category: category,
      additional_owners: { anyOf: [owners, text] },
      shared: { type: ['boolean', 'string'] },
    },
    ['total_bytes'],
  ),
  MediaAppendRequest: object({ media: base64, segment_index: whole }, ['media', 'segment_index']),
  MediaMetadataRequest: object(
    {
      id,
      metadata: object({ alt_text: object({ text: { type: 'string', maxLength: 1000 } }, ['text']) }, [
        'alt_text',
      ]),
    },
    ['id', 'metadata'],
  ),
  MediaUploadAnswer: object(
    {
      data: object(
        {
          id,
          media_key: text,
          expires_after_secs: count,
          size: count,
          processing_info: object({ state: { const: 'succeeded' }, progress_percent: count }, ['state']),
          expires_at: count,
        },
        [],
      ),
    },
    ['data'],
  ),
  MediaAppendAnswer: object({ data: object({ expires_at: count }, ['expires_at']) }, ['data']),
  MediaMetadataAnswer: object(
    {
      data: object({ id, associated_metadata: object({ alt_text: object({ text }, ['text']) }) }, [
        'id',
        'associated_metadata',
      ]),
    },
    ['data'],
  ),
};
