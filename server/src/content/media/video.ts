import { type FileHandle, open } from 'node:fs/promises';
import { type Box, BoxError, boxesIn, fieldsOf, HEAD_BYTES_MAX, inside, only, readHead } from './box.ts';
import { MOOV_BYTES_MAX, SAMPLES_MAX, SIDE_PIXELS_MAX, VIDEO_MS_MAX } from './limits.ts';
import { joined, type Range, samplesOf } from './samples.ts';

export type Video = {
  width: number;
  height: number;
  /** Undefined where the file does not say (some that are written in fragments). */
  durationMs?: number;
  /** What a player does not need and a person may not know of: places, device names, free space. Blanked on our copy. */
  blank: Range[];
  /** Headers of the boxes that are to be called `free` from then on: offsets of their types. */
  free: number[];
};

/** What may lie at the top of a file; anything else is not a video's. */
const TOP = new Set(
  'ftyp moov mdat free skip wide uuid meta udta moof sidx ssix styp mfra pdin emsg prft'.split(' '),
);
/** Codecs that browsers play, by the names of their sample entries. */
const VIDEO_CODECS = new Set('avc1 avc3 hvc1 hev1 av01 vp08 vp09 mp4v'.split(' '));
const AUDIO_CODECS = new Set('mp4a ac-3 ec-3 Opus fLaC alac sowt twos lpcm .mp3'.split(' '));
/** Boxes that hold words about a video, wherever they lie: ISO's and QuickTime's. */
const ABOUT = new Set('udta meta uuid free skip wide emsg prft pdin'.split(' '));
const TRACKS_MAX = 16;
/** Four hours in fragments of two seconds, with two boxes each, are 14,400. */
const TOP_BOXES_MAX = 20_000;
/** Pieces that are blanked one by one: what a camera noted every second of four hours, three times over. */
const BLANKS_MAX = 50_000;
/** The heads of small boxes are read together; behind a large one there is a read for each. */
const WINDOW_BYTES = 4 << 10;

/** Reads an MP4 or MOV file's structure, every box of it. Nothing is decoded. @throws BoxError that says what is wrong. */
export async function readVideo(path: string): Promise<Video> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const top = await readTop(file, size);
    if (top[0]?.type !== 'ftyp') throw new BoxError('it does not begin with an ftyp box');
    only(top, 'ftyp', 'file');
    const place = only(top, 'moov', 'file');
    if (!top.some(({ type }) => type === 'mdat'))
      throw new BoxError('it has no mdat box: there is nothing to play');
    if (place.size > MOOV_BYTES_MAX)
      throw new BoxError(`its moov box has ${place.size} bytes; at most ${MOOV_BYTES_MAX} are read`);
    const moov = Buffer.alloc(place.size);
    const { bytesRead } = await file.read(moov, 0, place.size, place.at);
    if (bytesRead !== place.size) throw new BoxError('it is cut off');
    return readMoov(moov, place, top);
  } finally {
    await file.close();
  }
}

/** The boxes at the top of a file, by their heads. */
async function readTop(file: FileHandle, size: number): Promise<Box[]> {
  const top: Box[] = [];
  let window = Buffer.alloc(0);
  let start = 0;
  for (let at = 0; at < size; ) {
    if (top.length >= TOP_BOXES_MAX)
      throw new BoxError(`it holds more than ${TOP_BOXES_MAX} boxes, which no video has`);
    if (at + HEAD_BYTES_MAX > start + window.length) {
      start = at;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(WINDOW_BYTES), 0, WINDOW_BYTES, at);
      window = buffer.subarray(0, bytesRead);
    }
    const box = readHead(window.subarray(at - start, at - start + HEAD_BYTES_MAX), at, size - at, true);
    if (!TOP.has(box.type))
      throw new BoxError(`it holds a ${JSON.stringify(box.type)} box, which no video has`);
    top.push(box);
    at += box.size;
  }
  return top;
}

function readMoov(moov: Buffer, place: Box, top: readonly Box[]): Video {
  const boxes = boxesIn(moov, place.head, place.size);
  const away = top.filter(({ type }) => ABOUT.has(type));
  const inMoov = boxes.filter(({ type }) => ABOUT.has(type));
  const tracks = boxes.filter(({ type }) => type === 'trak');
  if (tracks.length > TRACKS_MAX)
    throw new BoxError(`it has ${tracks.length} tracks; at most ${TRACKS_MAX} are taken`);
  const isFragmented = top.some(({ type }) => type === 'moof');
  let size: { width: number; height: number } | undefined;
  const samples: Range[] = [];
  const left = { samples: SAMPLES_MAX };
  for (const track of tracks) {
    const { kind, width, height, about } = readTrack(moov, track);
    if (kind === 'other') {
      // Subtitles, time codes, and where the camera was at each moment: out, with what they point to.
      if (isFragmented) throw new BoxError('it is in fragments and has tracks beside picture and sound');
      for (const one of samplesOf(moov, track, top, left)) samples.push(one);
      inMoov.push(track);
    } else {
      inMoov.push(...about);
      if (kind === 'video') size ??= { width, height };
    }
  }
  if (!size) throw new BoxError('it has no track with a picture');
  const absolute = inMoov.map((box) => ({ ...box, at: box.at + place.at }));
  const emptied = [...away, ...absolute];
  const bodies = emptied.map(({ at, head, size: all }) => ({ at: at + head, size: all - head }));
  const blank = joined([...bodies, ...samples]);
  if (blank.length > BLANKS_MAX)
    throw new BoxError(
      `what is neither picture nor sound lies in ${blank.length} places; at most ${BLANKS_MAX} are blanked`,
    );
  const video: Video = {
    ...size,
    blank,
    free: emptied.map(({ at }) => at + 4),
  };
  const durationMs = durationOf(moov, boxes);
  if (durationMs !== undefined && durationMs > VIDEO_MS_MAX)
    throw new BoxError(
      `it lasts ${Math.round(durationMs / 1000)} seconds; at most ${VIDEO_MS_MAX / 1000} are taken`,
    );
  if (durationMs !== undefined) video.durationMs = durationMs;
  return video;
}

/** mvhd (8.2.2) says it in units of its own scale; for fragments mehd (8.8.2) does. */
function durationOf(moov: Buffer, boxes: readonly Box[]): number | undefined {
  const header = fieldsOf(moov, only(boxes, 'mvhd', 'moov box'));
  const isLong = header.u8(0) === 1;
  const scale = header.u32(isLong ? 20 : 12);
  if (scale === 0) throw new BoxError('its time has no scale');
  let units = isLong ? header.u64(24) : header.u32(16);
  // All ones: not known.
  if (units === 0xffff_ffff || units >= 2 ** 63) units = 0;
  const extends_ = boxes.find(({ type }) => type === 'mvex');
  const total = extends_ && inside(moov, extends_).find(({ type }) => type === 'mehd');
  if (units === 0 && total) {
    const fields = fieldsOf(moov, total);
    units = fields.u8(0) === 1 ? fields.u64(4) : fields.u32(4);
  }
  return units === 0 ? undefined : Math.round((units / scale) * 1000);
}

type Track = { kind: 'video' | 'audio' | 'other'; width: number; height: number; about: Box[] };

function readTrack(moov: Buffer, track: Box): Track {
  const boxes = inside(moov, track);
  const media = inside(moov, only(boxes, 'mdia', 'track'));
  const handler = fieldsOf(moov, only(media, 'hdlr', 'track')).text(8);
  if (handler !== 'vide' && handler !== 'soun') return { kind: 'other', width: 0, height: 0, about: [] };
  const info = inside(moov, only(media, 'minf', 'track'));
  const table = inside(moov, only(info, 'stbl', 'track'));
  const about = [boxes, media, info, table].flat().filter(({ type }) => ABOUT.has(type));
  const description = only(table, 'stsd', 'track');
  const entries = inside(moov, description, 8);
  if (entries.length === 0) throw new BoxError('a track says nothing of its codec');
  const codecs = handler === 'vide' ? VIDEO_CODECS : AUDIO_CODECS;
  for (const { type } of entries)
    if (!codecs.has(type)) throw new BoxError(`its codec ${JSON.stringify(type)} is not taken`);
  if (handler === 'soun') return { kind: 'audio', width: 0, height: 0, about };
  return { kind: 'video', ...sizeOf(moov, only(boxes, 'tkhd', 'track')), about };
}

/** Width and height as shown: tkhd (8.3.2) in 16.16, turned as its matrix says. */
function sizeOf(moov: Buffer, header: Box): { width: number; height: number } {
  const fields = fieldsOf(moov, header);
  const matrix = fields.u8(0) === 1 ? 52 : 40;
  const width = Math.round(fields.u32(matrix + 36) / 65_536);
  const height = Math.round(fields.u32(matrix + 40) / 65_536);
  if (width < 1 || height < 1 || width > SIDE_PIXELS_MAX || height > SIDE_PIXELS_MAX)
    throw new BoxError(`it is ${width}×${height} pixels; a side has 1 to ${SIDE_PIXELS_MAX}`);
  const isTurned = fields.i32(matrix) === 0 && fields.i32(matrix + 16) === 0;
  return isTurned ? { width: height, height: width } : { width, height };
}

/** On our own copy: what `readVideo` found to be blanked is blanked, in place, so that every offset stays true. On disk when it resolves. */
export async function blankVideo(path: string, { blank, free }: Video): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const zeros = Buffer.alloc(1 << 20);
    for (const { at, size } of blank)
      for (let done = 0; done < size; ) {
        const { bytesWritten } = await file.write(zeros, 0, Math.min(zeros.length, size - done), at + done);
        done += bytesWritten;
      }
    for (const at of free) await file.write('free', at, 'latin1');
    await file.sync();
  } finally {
    await file.close();
  }
}
