import { operation } from '../../operation.ts';
import { pathId } from '../../params/parameter.ts';
import { appendAnswer } from './answer.ts';
import { append, bodyFor, partsOf } from './command.ts';

export const appendMediaUpload = operation({
  id: 'appendMediaUpload',
  path: '/2/media/upload/{id}/append',
  method: 'POST',
  tag: 'Media',
  summary: 'Sends a segment of an upload',
  about:
    'In any order, several at once; one that is sent again takes the place of the former. Once answered it is on disk.',
  auth: ['person'],
  scopes: ['media.write'],
  writes: true,
  body: 'MediaAppendRequest',
  raw: bodyFor('appendMediaUpload'),
  parameters: { id: pathId('id', 'The upload.') },
  answer: 'MediaAppendAnswer',
  prepare: () => undefined,
  read: async (context, deps) => appendAnswer(await append(partsOf(context, deps), context.subject)),
});
