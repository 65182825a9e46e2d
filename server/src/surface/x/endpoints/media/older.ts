import { type Operation, type OperationDeps, operation, type ReadResult } from '../../operation.ts';
import { DONE, NOTHING, olderAnswer } from './answer.ts';
import { bodyFor, COMMAND_BODY, type Command, commandOf, noFile, partsOf, run } from './command.ts';
import { createMediaMetadata, describe, olderMetadataOf } from './createMediaMetadata.ts';
import { getMediaUploadStatus } from './getMediaUploadStatus.ts';
import { COMMAND_PARAMETERS, mediaUpload } from './mediaUpload.ts';

/** X's statuses of v1.1. */
const STATUSES: Readonly<Record<Command, 200 | 201 | 202>> = {
  INIT: 202,
  APPEND: 200,
  FINALIZE: 201,
  STATUS: 200,
};

const upload = operation({
  ...mediaUpload,
  path: '/1.1/media/upload.json',
  parameters: COMMAND_PARAMETERS,
  prepare: () => undefined,
  raw: COMMAND_BODY,
  async read(context, deps): Promise<ReadResult> {
    const parts = partsOf(context, deps);
    const command = commandOf(parts.incoming);
    const done = await run(command, parts);
    if (command === 'APPEND') return NOTHING;
    return olderAnswer(done, context.now, command ? STATUSES[command] : 200, command === 'STATUS');
  },
});

const status = operation({
  ...getMediaUploadStatus,
  path: '/1.1/media/upload.json',
  read: ({ query, viewer = '', now }, { media }: OperationDeps) =>
    olderAnswer(media.status(viewer, query.mediaId), now, 200, true),
});

const metadata = operation({
  ...createMediaMetadata,
  path: '/1.1/media/metadata/create.json',
  raw: bodyFor('createMediaMetadata'),
  check: () => undefined,
  async read(context, deps) {
    const { incoming } = partsOf(context, deps);
    await noFile(incoming);
    describe(context, deps, olderMetadataOf(incoming));
    return DONE;
  },
});

/** The addresses of v1.1 that clients of v2 still upload by, each the operation of v2 that it stands for. Not in the document. */
export const olderMediaOperations = [upload, status, metadata] as unknown as readonly Operation[];
