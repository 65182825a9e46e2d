import { readFile, writeFile } from 'node:fs/promises';
import sharp, { type Metadata, type Sharp } from 'sharp';
import {
  DECODE_SECONDS_MAX,
  GIF_FRAMES_MAX,
  GIF_PIXELS_MAX,
  PICTURE_PIXELS_MAX,
  SIDE_PIXELS_MAX,
} from './limits.ts';
import type { FromDecoder, Picture, PictureJob } from './picture.ts';

/**
 * A process of its own that decodes pictures and writes them anew. It knows no secret, gets paths that the parent made,
 * and may be killed at any moment: what a hostile file does to a decoder, it does here.
 */
class Refused extends Error {}

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

/** X's own quality of photos. */
const QUALITY = 85;

type Options = NonNullable<Parameters<typeof sharp>[1]>;
const READING: Options = { failOn: 'error', sequentialRead: true, limitInputPixels: PICTURE_PIXELS_MAX };
const READING_GIF: Options = { ...READING, animated: true, limitInputPixels: GIF_PIXELS_MAX };

async function make({ from, to, preview, type }: PictureJob): Promise<Picture> {
  const bytes = await readFile(from);
  const isGif = type === 'image/gif';
  // Nothing is decoded for it, so that its size can be told instead of "too large".
  const about = await sharp(bytes, { animated: isGif, limitInputPixels: false }).metadata();
  if (`image/${about.format}` !== type) throw new Refused(`it is no ${type}`);
  const frames = about.pages ?? 1;
  checkSize(about, frames, isGif);
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

/** Before a single pixel is decoded. */
function checkSize({ width, height, pageHeight }: Metadata, frames: number, isGif: boolean): void {
  const high = pageHeight ?? height;
  if (width > SIDE_PIXELS_MAX || high > SIDE_PIXELS_MAX)
    throw new Refused(`it is ${width}×${high} pixels; a side has at most ${SIDE_PIXELS_MAX}`);
  if (width * high > PICTURE_PIXELS_MAX)
    throw new Refused(`it is ${width}×${high} pixels; a picture has at most ${PICTURE_PIXELS_MAX}`);
  if (frames > 1 && !isGif) throw new Refused('it moves; only GIFs may');
  if (frames > GIF_FRAMES_MAX)
    throw new Refused(`it has ${frames} frames; a GIF has at most ${GIF_FRAMES_MAX}`);
  if (width * high * frames > GIF_PIXELS_MAX)
    throw new Refused(`its ${frames} frames are more than ${GIF_PIXELS_MAX} pixels together`);
}

/** Turned as its EXIF says and then without any metadata, in sRGB with 8 bits: nothing else is written by default. */
function write(image: Sharp, type: string): Sharp {
  const turned = image.timeout({ seconds: DECODE_SECONDS_MAX }).toColourspace('srgb');
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

process.on('message', (job: PictureJob) => {
  make(job).then(
    (picture) => answer({ picture }),
    (error: NodeJS.ErrnoException) => {
      // What has a code is the file system's; everything else is the decoder's word on the file.
      if (error.code !== undefined) answer({ failed: error.message, code: error.code });
      else
        answer({
          refused: error instanceof Refused ? error.message : 'it cannot be decoded',
          why: error.message,
        });
    },
  );
});
// The parent ends this process; a Ctrl-C in its terminal must not, in the middle of a picture.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
