import { operation } from '../../operation.ts';
import { uploadAnswer } from './answer.ts';

const STATUS_PARAMETERS = {
  mediaId: { name: 'media_id', kind: 'id', required: true, about: 'The upload.' },
  command: {
    name: 'command',
    kind: 'one',
    of: ['STATUS'],
    fallback: 'STATUS',
    about: 'STATUS and nothing else.',
  },
} as const;

export const getMediaUploadStatus = operation({
  id: 'getMediaUploadStatus',
  path: '/2/media/upload',
  tag: 'Media',
  summary: 'How far an upload is',
  about: '`size` is what has arrived. What was finalized has `processing_info` with the state succeeded.',
  auth: ['person'],
  scopes: ['media.write'],
  missing: 404,
  parameters: STATUS_PARAMETERS,
  answer: 'MediaUploadAnswer',
  prepare: ({ mediaId }) => ({ mediaId: mediaId ?? '' }),
  read: ({ query, viewer = '', now }, { media }) =>
    uploadAnswer(media.status(viewer, query.mediaId), now, true),
});
