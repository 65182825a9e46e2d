import { operation } from '../../operation.ts';
import { appendAnswer, uploadAnswer } from './answer.ts';
import { COMMAND_BODY, commandOf, partsOf, run } from './command.ts';

const text = (name: string, about: string) => ({ name, kind: 'token', about }) as const;

/** The fields of the older form, which may stand in the address too. */
export const COMMAND_PARAMETERS = {
  command: text(
    'command',
    'INIT, APPEND, FINALIZE or STATUS in the older form; without it the file itself is sent.',
  ),
  mediaId: text('media_id', 'The upload, for every command but INIT.'),
  mediaType: text('media_type', 'MIME type of the file, for INIT.'),
  totalBytes: text('total_bytes', 'Bytes of the file, for INIT.'),
  category: text('media_category', 'What the file is for, such as tweet_image, tweet_gif or tweet_video.'),
  owners: text('additional_owners', 'Ids of persons who may use it in posts too, at most 100.'),
  index: text('segment_index', 'Number of the segment from 0 to 999, for APPEND.'),
  shared: text('shared', 'Taken and without effect: a medium may be used in any number of messages.'),
} as const;

export const mediaUpload = operation({
  id: 'mediaUpload',
  path: '/2/media/upload',
  method: 'POST',
  tag: 'Media',
  summary: 'Uploads a file',
  about:
    'JPEG, PNG and WebP up to 5 MiB, GIF up to 15 MiB, as a part or in base64. Pictures are made anew: nothing but pixels is kept. A file that is not what it is called is refused. With `command` it is X’s older form of an upload in segments.',
  auth: ['person'],
  scopes: ['media.write'],
  writes: true,
  body: 'MediaUploadRequest',
  raw: COMMAND_BODY,
  parameters: COMMAND_PARAMETERS,
  answer: 'MediaUploadAnswer',
  prepare: () => undefined,
  async read(context, deps) {
    const parts = partsOf(context, deps);
    const command = commandOf(parts.incoming);
    const upload = await run(command, parts);
    return command === 'APPEND'
      ? appendAnswer(upload)
      : uploadAnswer(upload, context.now, command === 'STATUS');
  },
});
