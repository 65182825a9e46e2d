import { type Box, BoxError, fieldsOf, inside, only } from './box.ts';

/** Bytes of a file. */
export type Range = { at: number; size: number };

/** More samples than a track of a 4-hour video has at 60 a second. */
const SAMPLES_MAX = 1_000_000;

/**
 * Where the samples of a track lie in the file: chunks (stco or co64, 8.7.5), how many samples each has (stsc, 8.7.4) and
 * how large each is (stsz, 8.7.3). @param top the file's boxes. @throws BoxError when a table is not one, or names what is
 * in no mdat box.
 */
export function samplesOf(moov: Buffer, track: Box, top: readonly Box[]): Range[] {
  const media = inside(moov, only(inside(moov, track), 'mdia', 'track'));
  const info = media.find(({ type }) => type === 'minf');
  const table = info && inside(moov, info).find(({ type }) => type === 'stbl');
  if (!table) return [];
  const boxes = inside(moov, table);
  const chunks = boxes.find(({ type }) => type === 'stco' || type === 'co64');
  if (!chunks) return [];
  const isLong = chunks.type === 'co64';
  const offsets = fieldsOf(moov, chunks);
  const runs = fieldsOf(moov, only(boxes, 'stsc', 'track'));
  const sizes = fieldsOf(moov, only(boxes, 'stsz', 'track'));
  const oneSize = sizes.u32(4);
  const samples = sizes.u32(8);
  const chunkCount = offsets.u32(4);
  const runCount = runs.u32(4);
  if (samples > SAMPLES_MAX || chunkCount > SAMPLES_MAX || runCount > SAMPLES_MAX)
    throw new BoxError('a track has more samples than a video has');
  const data = top.filter(({ type }) => type === 'mdat');
  const room = data.reduce((sum, box) => sum + box.size, 0);
  const ranges: Range[] = [];
  let bytes = 0;
  let sample = 0;
  for (let run = 0; run < runCount && sample < samples; run += 1) {
    const first = runs.u32(8 + run * 12);
    const perChunk = runs.u32(12 + run * 12);
    const after = run + 1 < runCount ? runs.u32(8 + (run + 1) * 12) : chunkCount + 1;
    if (first < 1 || after <= first || after > chunkCount + 1)
      throw new BoxError('its chunks are in no order');
    for (let chunk = first; chunk < after && sample < samples; chunk += 1) {
      const at = isLong ? offsets.u64(8 + (chunk - 1) * 8) : offsets.u32(8 + (chunk - 1) * 4);
      let size = 0;
      for (let one = 0; one < perChunk && sample < samples; one += 1, sample += 1)
        size += oneSize === 0 ? sizes.u32(12 + sample * 4) : oneSize;
      if (size === 0) continue;
      if (!data.some((box) => at >= box.at + box.head && at + size <= box.at + box.size))
        throw new BoxError('a track points to where no samples are: it is cut off');
      bytes += size;
      // Each byte once: or a small file could name as much as a disk holds.
      if (bytes > room) throw new BoxError('the samples of a track lie in one another');
      ranges.push({ at, size });
    }
  }
  return ranges;
}
