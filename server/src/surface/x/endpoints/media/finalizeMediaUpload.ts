import { operation } from '../../operation.ts';
import { pathId } from '../../params/parameter.ts';
import { uploadAnswer } from './answer.ts';
import { bodyFor, finalize, partsOf } from './command.ts';

export const finalizeMediaUpload = operation({
  id: 'finalizeMediaUpload',
  path: '/2/media/upload/{id}/finalize',
  method: 'POST',
  tag: 'Media',
  summary: 'Ends an upload in segments',
  about:
    'Checks the whole file and keeps what is made of it. There is no `processing_info`, for nothing is left to wait for. Again on a finished upload: the same answer.',
  auth: ['person'],
  scopes: ['media.write'],
  writes: true,
  raw: bodyFor('finalizeMediaUpload'),
  parameters: { id: pathId('id', 'The upload.') },
  answer: 'MediaUploadAnswer',
  prepare: () => undefined,
  read: async (context, deps) =>
    uploadAnswer(await finalize(partsOf(context, deps), context.subject), context.now),
});
