import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { runs } from '#test/runs';
import { BoxError } from './box.ts';
import { checkExtent, extentOf } from './header.ts';
import { ANNA, mediaWorld, movingGif, quarters } from './testing/world.ts';

type Format = 'jpeg' | 'png' | 'webp' | 'gif';

function readerOf(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), 'parley-header-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, 'x');
  return (bytes: Uint8Array, format: Format) => {
    writeFileSync(file, bytes);
    return extentOf(file, `image/${format}`);
  };
}

const VARIANTS: Record<
  string,
  (width: number, height: number) => Promise<{ bytes: Buffer; format: Format }>
> = {
  png: async (w, h) => ({ bytes: await quarters(w, h).png().toBuffer(), format: 'png' }),
  'interlaced png with a palette': async (w, h) => ({
    bytes: await quarters(w, h).png({ progressive: true, palette: true }).toBuffer(),
    format: 'png',
  }),
  jpeg: async (w, h) => ({ bytes: await quarters(w, h).jpeg().toBuffer(), format: 'jpeg' }),
  'progressive jpeg with metadata': async (w, h) => ({
    bytes: await quarters(w, h)
      .jpeg({ progressive: true })
      .withIccProfile('p3')
      .withExif({ IFD0: { Copyright: 'x'.repeat(60_000) } })
      .toBuffer(),
    format: 'jpeg',
  }),
  'lossy webp': async (w, h) => ({ bytes: await quarters(w, h).webp().toBuffer(), format: 'webp' }),
  'lossless webp': async (w, h) => ({
    bytes: await quarters(w, h).webp({ lossless: true }).toBuffer(),
    format: 'webp',
  }),
  'webp with alpha and metadata': async (w, h) => ({
    bytes: await quarters(w, h).ensureAlpha(0.5).webp().withIccProfile('p3').toBuffer(),
    format: 'webp',
  }),
  'still gif': async (w, h) => ({ bytes: await quarters(w, h).gif().toBuffer(), format: 'gif' }),
  'moving gif': async (w, h) => ({ bytes: await movingGif(1 + (w % 7), w, h), format: 'gif' }),
};

test('the header says what libvips reads in it: width, height and frames of every format in every form', async (t) => {
  const read = readerOf(t);
  for (const [name, make] of Object.entries(VARIANTS))
    for (const [width, height] of [
      [2, 2],
      [16, 34],
      [300, 2],
    ] as const) {
      const { bytes, format } = await make(width, height);
      const about = await sharp(bytes, { animated: true }).metadata();
      assert.deepEqual(
        await read(bytes, format),
        { width: about.width, height: about.pageHeight ?? about.height, frames: about.pages ?? 1 },
        `${name} ${width}×${height}`,
      );
    }
  const moving = await sharp(await movingGif(5), { animated: true })
    .webp()
    .toBuffer();
  assert.equal((await read(moving, 'webp')).frames, 2, 'two are enough to know that it moves');
});

test('whatever the bytes are, a header is read or refused in words, and never asks for more than the file has', async (t) => {
  const read = readerOf(t);
  const samples = await Promise.all(Object.values(VARIANTS).map((make) => make(16, 16)));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...samples),
      fc.array(fc.tuple(fc.nat(2_000), fc.nat(255)), { maxLength: 10 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async ({ bytes, format }, changes, share) => {
        const copy = Buffer.from(bytes);
        for (const [at, value] of changes) copy[at % copy.length] = value;
        const result = await read(copy.subarray(0, Math.ceil(copy.length * share)), format).catch(
          (error: unknown) => error,
        );
        if (result instanceof Error) assert.ok(result instanceof BoxError, String(result.stack));
        else assert.ok(Object.values(result as object).every((one) => Number.isInteger(one) && one >= 0));
      },
    ),
    { numRuns: runs(500) },
  );
});

/** A lossless WebP of one colour: 14 bits of width and height, and next to nothing behind them (RFC 9649, 3.4). */
function emptyWebp(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(38);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(30, 4);
  bytes.write('WEBPVP8L', 8, 'latin1');
  bytes.writeUInt32LE(18, 16);
  bytes[20] = 0x2f;
  bytes.writeUInt32LE(((width - 1) | ((height - 1) << 14)) >>> 0, 21);
  return bytes;
}

test('38 bytes of 67 million pixels are refused by their header, and no decoder is started for them', async (t) => {
  const world = mediaWorld(t);
  await assert.rejects(
    world.put(ANNA, emptyWebp(8_192, 8_192)),
    /its 38 bytes expand to 8192×8192 pixels: a picture of more than 16777216 pixels has at most 8192 a byte/,
  );
  await assert.rejects(
    world.put(ANNA, emptyWebp(16_384, 16_384)),
    /16384×16384 pixels; a picture has at most/,
  );
  assert.deepEqual(world.logged, []);
});

test('a real picture of the largest size is within its limits, and so is an empty one that is not heavy', () => {
  const MIB = 1 << 20;
  checkExtent({ width: 8_192, height: 8_192, frames: 1 }, 'image/jpeg', 5 * MIB);
  checkExtent({ width: 8_192, height: 8_192, frames: 1 }, 'image/png', 200_000);
  checkExtent({ width: 4_096, height: 4_096, frames: 1 }, 'image/webp', 38);
  checkExtent({ width: 500, height: 500, frames: 350 }, 'image/gif', 40_000);
  assert.throws(
    () => checkExtent({ width: 2_000, height: 2_000, frames: 70 }, 'image/gif', 4_000),
    /in 70 frames/,
  );
});

test('a JPEG of a hundred scans and more is refused: each goes over the whole picture', async (t) => {
  const world = mediaWorld(t);
  const bytes = await quarters(64, 64).jpeg({ progressive: true }).toBuffer();
  const last = bytes.lastIndexOf(Buffer.from([0xff, 0xda]));
  const end = bytes.length - 2;
  const scan = bytes.subarray(last, end);
  const many = (count: number) =>
    Buffer.concat([bytes.subarray(0, end), ...Array<Buffer>(count).fill(scan), bytes.subarray(end)]);
  await assert.rejects(world.put(ANNA, many(101)), /more than 100 scans/);
});
