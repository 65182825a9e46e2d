import type { Operation } from '../../operation.ts';
import { appendMediaUpload } from './appendMediaUpload.ts';
import { createMediaMetadata } from './createMediaMetadata.ts';
import { finalizeMediaUpload } from './finalizeMediaUpload.ts';
import { getMediaUploadStatus } from './getMediaUploadStatus.ts';
import { initializeMediaUpload } from './initializeMediaUpload.ts';
import { mediaUpload } from './mediaUpload.ts';

export { olderMediaOperations } from './older.ts';

export const mediaOperations = [
  mediaUpload,
  initializeMediaUpload,
  appendMediaUpload,
  finalizeMediaUpload,
  getMediaUploadStatus,
  createMediaMetadata,
] as unknown as readonly Operation[];
