import { readFile, writeFile } from 'node:fs/promises';
import sharp, { type Sharp } from 'sharp';
import { BoxError } from './box.ts';
import { checkExtent } from './header.ts';
import { GIF_PIXELS_MAX, PICTURE_PIXELS_MAX } from './limits.ts';
import type { FromDecoder, Picture, PictureJob, ToDecoder } from './picture.ts';

/**
 * A process of its own that decodes pictures and writes them anew. It knows no secret, gets paths that the parent made,
 * and may be killed at any moment: what a hostile file does to a decoder, it does here.
 */

// Only the four formats that are taken; libvips knows forty, SVG and PDF among them.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadJpegBuffer',
    'VipsForeignLoadPngBuffer',
    'VipsForeignLoadWebpBuffer',
    'VipsForeignLoadNsgifBuffer',
  ],
});
sharp.cache(false);
sharp.concurrency(1);

/** How often this process looks at how much CPU time it has taken. */
const CPU_CHECK_MS = 250;
/** X's own quality of photos. */
const QUALITY = 85;

type Options = NonNullable<Parameters<typeof sharp>[1]>;
const READING: Options = { failOn: 'error', sequentialRead: true, limitInputPixels: PICTURE_PIXELS_MAX };
const READING_GIF: Options = { ...READING, animated: true, limitInputPixels: GIF_PIXELS_MAX };

async function make({ from, to, preview, type }: PictureJob): Promise<Picture> {
  const bytes = await readFile(from);
  const isGif = type === 'image/gif';
  // Nothing is decoded for it. The parent has looked at the header; what counts is what the decoder reads in it.
  const about = await sharp(bytes, { animated: isGif, limitInputPixels: false }).metadata();
  if (`image/${about.format}` !== type) throw new BoxError(`it is no ${type}`);
  const { width, height, pageHeight = height, pages: frames = 1 } = about;
  checkExtent({ width, height: pageHeight, frames }, type, bytes.length);
  const { data, info } = await write(sharp(bytes, isGif ? READING_GIF : READING), type).toBuffer({
    resolveWithObject: true,
  });
  await writeFile(to, data, { mode: 0o600, flush: true });
  const moves = frames > 1;
  if (moves) {
    const first = await write(
      sharp(bytes, READING).flatten({ background: '#ffffff' }),
      'image/jpeg',
    ).toBuffer();
    await writeFile(preview, first, { mode: 0o600, flush: true });
  }
  const picture: Picture = {
    width: info.width,
    height: info.pageHeight ?? info.height,
    moves,
    size: data.length,
  };
  const durationMs = moves ? (about.delay ?? []).reduce((sum, one) => sum + one, 0) : 0;
  if (durationMs > 0) picture.durationMs = durationMs;
  return picture;
}

/** Turned as its EXIF says and then without any metadata, in sRGB with 8 bits: nothing else is written by default. */
function write(image: Sharp, type: string): Sharp {
  const turned = image.toColourspace('srgb');
  switch (type) {
    case 'image/jpeg':
      return turned.autoOrient().jpeg({ quality: QUALITY });
    case 'image/png':
      return turned.autoOrient().png();
    case 'image/webp':
      return turned.autoOrient().webp({ quality: QUALITY });
    default:
      return turned.gif();
  }
}

function answer(message: FromDecoder): void {
  process.send?.(message);
}

/** What a decoder is at cannot be broken off: this process tells and is ended. Its main thread waits, so it can look. */
function watchOwnCpu(secondsMax: number): NodeJS.Timeout {
  const begun = process.cpuUsage();
  return setInterval(() => {
    const { user, system } = process.cpuUsage(begun);
    if (user + system <= secondsMax * 1_000_000) return;
    answer({ refused: `it takes more than ${secondsMax} s of CPU time to decode`, why: 'time', ends: true });
  }, CPU_CHECK_MS);
}

process.on('message', ({ cpuSecondsMax, ...job }: ToDecoder) => {
  const watch = watchOwnCpu(cpuSecondsMax);
  make(job)
    .finally(() => clearInterval(watch))
    .then(
      (picture) => answer({ picture }),
      (error: NodeJS.ErrnoException) => {
        // What has a code is the file system's; everything else is the decoder's word on the file.
        if (error.code !== undefined) answer({ failed: error.message, code: error.code });
        else
          answer({
            refused: error instanceof BoxError ? error.message : 'it cannot be decoded',
            why: error.message,
          });
      },
    );
});
// The parent ends this process; a Ctrl-C in its terminal must not, in the middle of a picture.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
