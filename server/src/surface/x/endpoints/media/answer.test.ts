import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Upload } from '#media';
import { uploadAnswer } from './answer.ts';

test('a day is 86,400 seconds, though the upload took a moment after the call began', async () => {
  const began = 1_000_000;
  const upload = { id: '1', mediaKey: '3_1', size: 9, expiresAt: began + 50 + 86_400_000 } as Upload;
  const text = await uploadAnswer(upload, began).present({
    kept: 0,
    dropped: { posts: new Set(), persons: new Set() },
  });
  assert.equal(JSON.parse(text).data.expires_after_secs, 86_400);
});
