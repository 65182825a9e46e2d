import { type Box, BoxError, fieldsOf, inside, only } from './box.ts';

/** Bytes of a file. */
export type Range = { at: number; size: number };

/**
 * Where the samples of a track lie in the file: chunks (stco or co64, 8.7.5), how many samples each has (stsc, 8.7.4) and
 * how large each is (stsz, 8.7.3). @param top the file's boxes. @param left samples that may be looked at still, of all tracks;
 * those of this one are taken from it. @throws BoxError when a table is not one, or names what is
 * in no mdat box.
 */
export function samplesOf(moov: Buffer, track: Box, top: readonly Box[], left: { samples: number }): Range[] {
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
  left.samples -= Math.max(samples, chunkCount, runCount);
  if (left.samples < 0)
    throw new BoxError('its tracks beside picture and sound have more samples than a video has');
  // They come in the order of the file.
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
      if (!isWithin(data, at, size))
        throw new BoxError('a track points to where no samples are: it is cut off');
      bytes += size;
      // Each byte once: or a small file could name as much as a disk holds.
      if (bytes > room) throw new BoxError('the samples of a track lie in one another');
      ranges.push({ at, size });
    }
  }
  return ranges;
}

/** Does a piece lie in one of these boxes? @param boxes in their order. */
function isWithin(boxes: readonly Box[], at: number, size: number): boolean {
  let low = 0;
  let high = boxes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (boxes[middle]!.at <= at) low = middle + 1;
    else high = middle;
  }
  const box = boxes[low - 1];
  return box !== undefined && at >= box.at + box.head && at + size <= box.at + box.size;
}

/** Pieces that touch or overlap as one, in order. */
export function joined(ranges: readonly Range[]): Range[] {
  const all: Range[] = [];
  for (const { at, size } of ranges.toSorted((a, b) => a.at - b.at)) {
    const last = all.at(-1);
    if (last && at <= last.at + last.size) last.size = Math.max(last.size, at + size - last.at);
    else if (size > 0) all.push({ at, size });
  }
  return all;
}
