import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import sharp from 'sharp';
import { Problem } from '#kernel';
import { runs } from '#test/runs';
import type { Declared } from './port.ts';
import { ANNA, type MediaWorld, mediaWorld, movingGif, picture, quarters } from './testing/world.ts';

/** What a file of a person became, byte for byte. */
async function made(world: MediaWorld, bytes: Uint8Array, declared?: Declared): Promise<Buffer> {
  const { id } = await world.put(ANNA, bytes, declared);
  const found = world.media.mediaOf(ANNA, [id]);
  assert.ok('media' in found);
  const name = found.media[0]!.url.split('/').at(-1)!;
  return readFileSync(world.media.served(name)!.path);
}

async function refusal(world: MediaWorld, bytes: Uint8Array, declared?: Declared): Promise<string> {
  const error = await world.put(ANNA, bytes, declared).then(
    () => assert.fail('it was taken'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Problem && error.status < 500, String(error));
  assert.deepEqual(world.names('parts'), []);
  assert.deepEqual(world.names('kept'), []);
  return error.message;
}

test('a file that is not what it is called is refused, and both types are named', async (t) => {
  const world = mediaWorld(t);
  const png = await picture('png');
  const lies: [Uint8Array, Declared, RegExp][] = [
    [png, { mediaType: 'image/jpeg' }, /declared as image\/jpeg and is image\/png/],
    [png, { mediaType: 'video/mp4' }, /declared as video\/mp4 and is image\/png/],
    [png, { mediaType: 'text/html; charset=utf-8' }, /declared as text\/html and is image\/png/],
    [png, { category: 'tweet_video' }, /image\/png .*tweet_video/],
    [png, { category: 'tweet_gif' }, /image\/png .*tweet_gif/],
    [
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
      { mediaType: 'image/png' },
      /image\/svg\+xml by its content, declared as image\/png/,
    ],
    [Buffer.from('<?xml version="1.0"?><!-- x --><svg/>'), {}, /image\/svg\+xml/],
    [Buffer.from('\ufeff  <HTML><script>'), {}, /text\/html/],
    [Buffer.from('%PDF-1.7'), { mediaType: 'image/png' }, /application\/pdf/],
    [Buffer.from('PK\x03\x04 a zip'), { mediaType: 'image/gif' }, /application\/zip/],
    [Buffer.from('\x7fELF\x02\x01', 'latin1'), {}, /application\/x-executable/],
    [Buffer.from('just words'), { mediaType: 'image/jpeg' }, /text\/plain/],
    [await picture('tiff'), { mediaType: 'image/jpeg' }, /image\/tiff/],
    [Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'), {}, /image\/heic/],
    [Buffer.from('\0\0\0\x18ftypavif\0\0\0\0mif1avif', 'latin1'), {}, /image\/avif/],
    [Buffer.alloc(64), {}, /application\/octet-stream/],
  ];
  for (const [bytes, declared, detail] of lies) assert.match(await refusal(world, bytes, declared), detail);
});

test('other names of the same type are no lies, nor is a type that says nothing', async (t) => {
  const world = mediaWorld(t);
  const bytes = await picture('jpeg');
  for (const mediaType of ['image/jpg', 'IMAGE/JPEG', 'image/jpeg; q=1', 'application/octet-stream', ''])
    assert.equal((await world.put(ANNA, bytes, { mediaType })).state, 'ready');
});

test('what only begins like a picture is refused', async (t) => {
  const world = mediaWorld(t);
  const heads = {
    'image/jpeg': '\xff\xd8\xff\xe0\0\x10JFIF\0',
    'image/png': '\x89PNG\r\n\x1a\n',
    'image/gif': 'GIF89a',
  };
  for (const [type, head] of Object.entries(heads)) {
    const bytes = Buffer.from(`${head}<html><script>alert(document.domain)</script></html>`, 'latin1');
    assert.match(await refusal(world, bytes, { mediaType: type }), new RegExp(`begins like ${type}, but`));
  }
  const webp = Buffer.from('RIFF\x40\0\0\0WEBPVP8 <script>', 'latin1');
  assert.match(await refusal(world, webp), /begins like image\/webp, but/);
});

test('a picture that was cut off anywhere is refused, or was whole to its last pixel', async (t) => {
  const world = mediaWorld(t);
  const noise = await sharp({
    create: {
      width: 64,
      height: 64,
      channels: 3,
      background: '#808080',
      noise: { type: 'gaussian', mean: 128, sigma: 60 },
    },
  })
    .raw()
    .toBuffer();
  for (const format of ['jpeg', 'png', 'webp', 'gif'] as const) {
    const bytes = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .toFormat(format)
      .toBuffer();
    for (const share of [0.2, 0.5, 0.8])
      assert.match(
        await refusal(world, bytes.subarray(0, Math.floor(bytes.length * share))),
        /begins like/,
        `${format} ${share}`,
      );
  }
});

test('a ZIP or a page behind a picture stays behind: what is served is the picture alone', async (t) => {
  const world = mediaWorld(t);
  const tail = Buffer.from('PK\x03\x04 evil.class <script>alert(1)</script> PK\x05\x06');
  for (const format of ['gif', 'jpeg', 'png', 'webp'] as const) {
    const bytes = Buffer.concat([await picture(format), tail]);
    const kept = await made(world, bytes);
    assert.equal(kept.includes('PK\x03\x04'), false, format);
    assert.equal(kept.includes('<script>'), false, format);
  }
  // Within the format too: a comment of a GIF, a text chunk of a PNG, a comment of a JPEG.
  const jpegBytes = await picture('jpeg');
  const comment = Buffer.from(`\xff\xfe\0\x1a<script>alert(1)</scr`, 'latin1');
  const commented = Buffer.concat([
    jpegBytes.subarray(0, 2),
    comment,
    Buffer.alloc(26 - comment.length + 2),
    jpegBytes.subarray(2),
  ]);
  assert.equal((await made(world, commented)).includes('<script>'), false);
});

/** A PNG with a header of our choice and image data of a few bytes. */
function pngWith(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const frame = Buffer.alloc(8 + body.length);
    frame.writeUInt32BE(data.length, 0);
    body.copy(frame, 4);
    frame.writeUInt32BE(crc32(body), 4 + body.length);
    return frame;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(Math.min((width + 1) * height, 1 << 20)))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

test('a picture larger than any screen is refused by its header, before a pixel is decoded', async (t) => {
  const world = mediaWorld(t);
  assert.match(await refusal(world, pngWith(100_000, 100_000)), /100000×100000 pixels/);
  assert.match(await refusal(world, pngWith(16_385, 1)), /16385×1 pixels/);
  assert.match(await refusal(world, pngWith(8_193, 8_193)), /8193×8193 pixels/);
});

test('a GIF with too many frames, or too many pixels in all of them, is refused', async (t) => {
  const world = mediaWorld(t);
  assert.match(await refusal(world, await movingGif(351, 2, 2)), /351 frames/);
  // 120 frames of the same tiny data in a canvas of 2,000 × 2,000.
  const gif = await movingGif(120, 4, 4);
  gif.writeUInt16LE(2_000, 6);
  gif.writeUInt16LE(2_000, 8);
  assert.match(await refusal(world, gif), /120 frames are more than 300000000 pixels/);
});

test('only GIFs move', async (t) => {
  const world = mediaWorld(t);
  const webp = await sharp(await movingGif(3), { animated: true })
    .webp()
    .toBuffer();
  assert.match(await refusal(world, webp), /only GIFs may/);
});

test('more bytes than a picture has are refused', async (t) => {
  const world = mediaWorld(t);
  const padded = Buffer.concat([await picture('png'), Buffer.alloc(5 << 20)]);
  assert.match(await refusal(world, padded), /at most 5242880/);
});

test('EXIF, GPS, profiles and comments are gone, and the turn that EXIF asked for was made', async (t) => {
  const world = mediaWorld(t);
  const bytes = await quarters(64, 32)
    .jpeg()
    .withExif({
      IFD0: { Make: 'SecretCam', Copyright: 'Somebody', Orientation: '6' },
      IFD3: {
        GPSLatitudeRef: 'N',
        GPSLatitude: '52/1 31/1 0/1',
        GPSLongitudeRef: 'E',
        GPSLongitude: '13/1 24/1 0/1',
      },
    })
    .withIccProfile('p3')
    .withMetadata({ orientation: 6 })
    .toBuffer();
  assert.ok(bytes.includes('SecretCam') && bytes.includes('Exif') && bytes.includes('ICC_PROFILE'));
  const kept = await made(world, bytes);
  for (const trace of ['SecretCam', 'Somebody', 'Exif', 'ICC_PROFILE', 'GPS', 'http://ns.adobe.com'])
    assert.equal(kept.includes(trace), false, trace);
  // jpeg-js knows no EXIF: what it sees is how the pixels lie. 64×32 turned by 90 degrees, the red quarter now on the right.
  const { width, height, data } = jpeg.decode(kept, { useTArray: true });
  assert.deepEqual([width, height], [32, 64]);
  const red = (x: number, y: number) => data[(y * width + x) * 4]! > 128;
  assert.deepEqual([red(24, 8), red(8, 8), red(24, 56), red(8, 56)], [true, false, false, false]);
});

test('another decoder reads the same picture from ours: pngjs, pixel for pixel', async (t) => {
  const world = mediaWorld(t);
  const bytes = await sharp({
    create: { width: 50, height: 40, channels: 4, background: { r: 10, g: 200, b: 30, alpha: 0.5 } },
  })
    .composite([{ input: await picture('png', 20, 20), left: 5, top: 5 }])
    .png()
    .toBuffer();
  const [before, after] = [bytes, await made(world, bytes)].map((one) => PNG.sync.read(one));
  assert.deepEqual([after!.width, after!.height], [50, 40]);
  assert.deepEqual(after!.data, before!.data);
  const deep = await sharp(bytes).removeAlpha().toColourspace('rgb16').png().toBuffer();
  assert.equal(PNG.sync.read(await made(world, deep)).depth, 8);
});

test('bytes that anything may have happened to are kept as a picture or refused, never more, and the decoder lives on', async (t) => {
  const world = mediaWorld(t);
  const samples = await Promise.all(
    (['jpeg', 'png', 'webp', 'gif'] as const).map((format) => picture(format, 16, 16)),
  );
  const damaged = fc
    .tuple(fc.constantFrom(...samples), fc.array(fc.tuple(fc.nat(1_000), fc.nat(255)), { maxLength: 12 }))
    .map(([bytes, changes]) => {
      const copy = Buffer.from(bytes);
      for (const [at, value] of changes) copy[at % copy.length] = value;
      return copy;
    });
  await fc.assert(
    fc.asyncProperty(damaged, async (bytes) => {
      const result = await world.put(ANNA, bytes).catch((error: unknown) => error);
      if (result instanceof Problem) assert.ok(result.status < 500, String(result.cause));
      else assert.equal((result as { state: string }).state, 'ready');
    }),
    { numRuns: runs(60) },
  );
  assert.equal((await world.put(ANNA, samples[0]!)).state, 'ready');
  assert.deepEqual(world.logged, []);
});
