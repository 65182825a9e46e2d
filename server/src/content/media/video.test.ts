import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { createFile, type ISOFile, MP4BoxBuffer } from 'mp4box';
import { Problem } from '#kernel';
import { runs } from '#test/runs';
import { joined, type Range } from './samples.ts';
import { box, latin1, SAMPLES, u32, type VideoParts, video } from './testing/video-builder.ts';
import { ANNA, type MediaWorld, mediaWorld } from './testing/world.ts';

async function made(world: MediaWorld, bytes: Buffer) {
  const { id, mediaKey } = await world.put(ANNA, bytes);
  const found = world.media.mediaOf(ANNA, [id]);
  assert.ok('media' in found);
  const medium = found.media[0]!;
  const served = world.media.served(medium.url.split('/').at(-1)!)!;
  return { medium, mediaKey, id, contentType: served.contentType, bytes: readFileSync(served.path) };
}

async function refusal(world: MediaWorld, bytes: Buffer): Promise<string> {
  const error = await world.put(ANNA, bytes).then(
    () => assert.fail('it was taken'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Problem && error.status === 400, String(error));
  assert.deepEqual([world.names('parts'), world.names('kept')], [[], []]);
  return error.message;
}

/** What mp4box.js reads: tracks, and the bytes of all samples of the first. */
function readByMp4box(bytes: Buffer) {
  const file: ISOFile = createFile(true);
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(Uint8Array.from(bytes).buffer, 0));
  file.flush();
  const { tracks, duration, timescale } = file.getInfo();
  const samples = file
    .getTrackSamplesInfo(tracks[0]!.id)
    .map(({ offset, size }) => bytes.subarray(offset, offset + size));
  return {
    tracks: tracks.map(({ type, codec, track_width, track_height }) => [
      type,
      codec,
      track_width,
      track_height,
    ]),
    durationMs: (duration / timescale) * 1_000,
    samples,
  };
}

test('a video is kept as it is, with the size and time that mp4box reads', async (t) => {
  const world = mediaWorld(t);
  const { medium, mediaKey, id, contentType, bytes } = await made(world, video());
  assert.equal(mediaKey, `7_${id}`);
  assert.equal(contentType, 'video/mp4');
  assert.deepEqual([medium.type, medium.width, medium.height, medium.durationMs], ['video', 320, 240, 200]);
  assert.deepEqual(medium.variants, [{ contentType: 'video/mp4', url: medium.url }]);
  assert.deepEqual(bytes, video());
  const read = readByMp4box(bytes);
  assert.deepEqual(read.tracks, [['video', 'avc1.42001e', 320, 240]]);
  assert.equal(read.durationMs, 200);
  assert.deepEqual(read.samples, SAMPLES);
  const mov = await made(world, video({ brand: 'qt  ', isTurned: true }));
  assert.equal(mov.contentType, 'video/quicktime');
  assert.deepEqual([mov.medium.width, mov.medium.height], [240, 320]);
  assert.match(mov.medium.url, /\.mov$/);
});

test('a file in fragments that mp4box wrote is kept', async (t) => {
  const world = mediaWorld(t);
  const file = createFile();
  const avcDecoderConfigRecord = Uint8Array.from([
    1, 66, 0, 30, 255, 225, 0, 4, 103, 66, 0, 30, 1, 0, 4, 104, 206, 60, 128,
  ]).buffer;
  const track = file.addTrack({
    type: 'avc1',
    width: 320,
    height: 180,
    timescale: 1_000,
    avcDecoderConfigRecord,
  });
  for (let at = 0; at < 5; at += 1)
    file.addSample(track, new Uint8Array(100).fill(at), {
      duration: 40,
      dts: at * 40,
      cts: at * 40,
      is_sync: at === 0,
    });
  const bytes = Buffer.from(file.getBuffer().buffer);
  const { medium } = await made(world, bytes);
  assert.deepEqual([medium.width, medium.height, medium.durationMs], [320, 180, undefined]);
});

test('places, device names and whatever else is no picture and no sound are blanked, and the video is still whole', async (t) => {
  const world = mediaWorld(t);
  const secret = (name: string) => latin1(`+52.5163+013.3777/ ${name} SECRET`);
  const bytes = video({
    inMoov: [
      box('udta', box('\xa9xyz', u32(0), secret('udta'))),
      box('meta', secret('meta')),
      box('uuid', Buffer.alloc(16), secret('xmp')),
    ],
    inTrack: [box('udta', secret('track'))],
    places: [secret('sample one'), secret('sample two')],
    before: [box('free', secret('free'))],
    after: [box('uuid', Buffer.alloc(16), secret('top')), box('skip', latin1('PK\x03\x04<script>SECRET'))],
  });
  assert.equal(bytes.toString('latin1').split('SECRET').length - 1, 9);
  const kept = (await made(world, bytes)).bytes;
  assert.equal(kept.length, bytes.length);
  assert.equal(kept.includes('SECRET'), false);
  assert.equal(kept.includes('+52.5163'), false);
  const read = readByMp4box(kept);
  assert.deepEqual(read.tracks, [['video', 'avc1.42001e', 320, 240]]);
  assert.deepEqual(read.samples, SAMPLES);
});

const u64 = (value: bigint) => u32(Number(value >> 32n), Number(value & 0xffff_ffffn));

test('what no video has is refused with the reason', async (t) => {
  const world = mediaWorld(t);
  const good = video();
  const wrong: [string, Buffer, RegExp][] = [
    ['cut off', good.subarray(0, good.length - 10), /cut off/],
    ['a page behind', Buffer.concat([good, latin1('<html><script>')]), /is cut off|no box|no video has/],
    ['a ZIP behind', Buffer.concat([good, latin1('PK\x03\x04 and so on')]), /no box|cut off|no video has/],
    ['a few bytes behind', Buffer.concat([good, Buffer.alloc(3)]), /middle of a box/],
    [
      'no index',
      Buffer.concat([box('ftyp', latin1('isom'), u32(0)), box('mdat', Buffer.alloc(9))]),
      /no moov/,
    ],
    [
      'no data',
      Buffer.concat([box('ftyp', latin1('isom'), u32(0)), good.subarray(good.indexOf('moov') - 4)]),
      /no mdat/,
    ],
    ['two indexes', Buffer.concat([good, good.subarray(good.indexOf('moov') - 4)]), /two moov/],
    ['a box of its own', video({ after: [box('evil', Buffer.alloc(4))] }), /"evil" box/],
    [
      'no track with a picture',
      Buffer.concat([
        box('ftyp', latin1('isom'), u32(0)),
        box('mdat'),
        box('moov', box('mvhd', u32(0, 0, 0, 1, 1))),
      ]),
      /no track/,
    ],
    ['a codec that is none', video({ codec: 'evil' }), /codec "evil"/],
    ['a box smaller than itself', Buffer.concat([good, u32(4), latin1('free')]), /smaller than a box/],
    [
      'a box larger than any file',
      Buffer.concat([good, u32(1), latin1('free'), u64(1n << 62n)]),
      /larger than any file/,
    ],
  ];
  for (const [name, bytes, detail] of wrong) assert.match(await refusal(world, bytes), detail, name);
});

test('a track that names the same bytes again and again cannot make us write more than the file is long', async (t) => {
  const world = mediaWorld(t);
  const places = [Buffer.alloc(1_000, 80)];
  assert.match(await refusal(world, video({ places, again: 50_000 })), /lie in one another/);
  const outside = video({ places: [...places, ...places] });
  // The size of all samples of the second track: into the index, and out of the file.
  outside.writeUInt32BE(0x7fff_ffff, outside.lastIndexOf('stsz') + 8);
  assert.match(await refusal(world, outside), /where no samples are/);
});

test('a hundred thousand empty boxes are refused after a few reads, at the top and in a moov box', async (t) => {
  const world = mediaWorld(t);
  const handle = await open(fileURLToPath(import.meta.url));
  const reads = t.mock.method(Object.getPrototypeOf(handle) as typeof handle, 'read');
  await handle.close();
  const empty = Buffer.concat(Array<Buffer>(100_000).fill(box('free')));
  const whole = video();
  await assert.rejects(world.put(ANNA, Buffer.concat([whole, empty])), /more than 20000 boxes/);
  assert.ok(reads.mock.callCount() < 100, `${reads.mock.callCount()} reads`);
  const moov = box('moov', empty);
  await assert.rejects(
    world.put(ANNA, Buffer.concat([box('ftyp', latin1('isom'), u32(0)), moov, box('mdat', u32(0))])),
    /more boxes than a video has/,
  );
});

test('pieces that touch or overlap are one, whatever their order, and cover the same bytes', () => {
  const range = fc.record({ at: fc.nat(200), size: fc.nat(20) });
  fc.assert(
    fc.property(fc.array(range), (ranges) => {
      const covered = (list: readonly Range[]) => {
        const bytes = new Set<number>();
        for (const { at, size } of list) for (let one = at; one < at + size; one += 1) bytes.add(one);
        return [...bytes].sort((a, b) => a - b);
      };
      const all = joined(ranges);
      assert.deepEqual(covered(all), covered(ranges));
      for (const [index, { at }] of all.entries())
        if (index > 0) assert.ok(at > all[index - 1]!.at + all[index - 1]!.size);
    }),
  );
});

test('whatever happens to its bytes, a file is kept or refused, and never grows', async (t) => {
  const world = mediaWorld(t);
  const all: VideoParts = { places: [Buffer.alloc(40, 1)], inMoov: [box('udta', Buffer.alloc(20))] };
  const good = video(all);
  const change = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
      const bytes = Buffer.from(good);
      for (const [at, value] of changes) bytes[at] = value;
      const result = await world.put(ANNA, bytes).catch((error: unknown) => error);
      if (result instanceof Problem) assert.ok(result.status < 500, String(result.cause));
      else assert.equal((result as { size: number }).size, good.length);
    }),
    { numRuns: runs(80) },
  );
  assert.deepEqual(world.logged, []);
});
