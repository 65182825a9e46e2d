import { operation } from '../../operation.ts';
import { uploadAnswer } from './answer.ts';
import { bodyFor, initialize, partsOf } from './command.ts';

export const initializeMediaUpload = operation({
  id: 'initializeMediaUpload',
  path: '/2/media/upload/initialize',
  method: 'POST',
  tag: 'Media',
  summary: 'Begins an upload in segments',
  about:
    'Of up to 512 MiB (video), 15 MiB (GIF) or 5 MiB (other pictures). It is gone 24 hours later unless a post uses it, and outlives a restart of the server.',
  auth: ['person'],
  scopes: ['media.write'],
  writes: true,
  body: 'MediaInitializeRequest',
  raw: bodyFor('initializeMediaUpload'),
  parameters: {},
  answer: 'MediaUploadAnswer',
  prepare: () => undefined,
  async read(context, deps) {
    return uploadAnswer(await initialize(partsOf(context, deps)), context.now);
  },
});
