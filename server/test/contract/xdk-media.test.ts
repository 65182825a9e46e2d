import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Client } from '@xdevplatform/xdk';
import sharp from 'sharp';
import { watchXdkAnswers } from '../clients/xdk-answers.ts';
import { apiWorld, person } from './api.ts';

test("X's own client uploads a picture whole and in segments, and describes it", async (t) => {
  const api = await apiWorld(t);
  await api.apply(person('101'));
  const { bearerToken: accessToken } = api.person(await api.app(), '101');
  await api.server.listen({ port: 0 });
  const { port } = api.server.server.address() as AddressInfo;
  const { media } = new Client({ accessToken, baseUrl: `http://127.0.0.1:${port}` });
  const bytes = await sharp({ create: { width: 30, height: 20, channels: 3, background: '#205090' } })
    .png()
    .toBuffer();

  const whole = await media.upload({ media: bytes.toString('base64'), mediaCategory: 'tweet_image' });
  assert.match(whole.data?.id ?? '', /^\d+$/);

  const begun = await media.initializeUpload({ mediaType: 'image/png', totalBytes: bytes.length });
  const id = begun.data?.id ?? '';
  const half = bytes.length >> 1;
  for (const [segmentIndex, part] of [bytes.subarray(0, half), bytes.subarray(half)].entries())
    await media.appendUpload(id, { media: part.toString('base64'), segmentIndex });
  const done = await media.finalizeUpload(id);
  assert.equal(done.data?.mediaKey, `3_${id}`);
  const status = await media.getUploadStatus(id, { command: 'STATUS' });
  assert.equal(status.data?.processingInfo?.state, 'succeeded');
  await media.createMetadata({ id, metadata: { altText: { text: 'a blue field' } } });
  const found = api.world.media.mediaOf('101', [id]);
  assert.ok('media' in found);
  assert.equal(found.media[0]?.altText, 'a blue field');
  assert.deepEqual(api.mistakes, []);
});

watchXdkAnswers();
