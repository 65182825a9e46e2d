/**
 * Boxes of the ISO base media file format (ISO/IEC 14496-12, 4.2), strictly: every box lies whole in the one around it,
 * and together they fill it to its last byte.
 */
export type Box = {
  type: string;
  /** Of the box, from the start of what was read. */
  at: number;
  size: number;
  /** Bytes of its header: 8, or 16 with a size of 64 bits. */
  head: number;
};

/** The file is not what its format says; `message` is for people. */
export class BoxError extends Error {}

/** A track's box holds ten or so, a moov box one for each track. More than this in one is no video that anybody made. */
const BOXES_MAX = 1_000;
export const HEAD_BYTES_MAX = 16;

/** Reads one header. @param module bytes from here to the end of what is around it. @param last whether a size of 0 may say "to the end". */
export function readHead(head: Buffer, at: number, room: number, last = false): Box {
  if (room < 8 || head.length < 8) throw new BoxError('it ends in the middle of a box');
  const type = head.toString('latin1', 4, 8);
  if (!/^[\x20-\x7e\xa9]{4}$/.test(type)) throw new BoxError('it holds what is no box');
  let size = head.readUInt32BE(0);
  let bytes = 8;
  if (size === 1) {
    if (head.length < 16) throw new BoxError('it ends in the middle of a box');
    const large = head.readBigUInt64BE(8);
    if (large > BigInt(Number.MAX_SAFE_INTEGER))
      throw new BoxError(`its ${type} box is larger than any file`);
    size = Number(large);
    bytes = 16;
  } else if (size === 0 && last) {
    size = room;
  }
  if (size < bytes) throw new BoxError(`its ${type} box is smaller than a box can be`);
  if (size > room) throw new BoxError(`its ${type} box ends beyond the end: it is cut off`);
  return { type, at, size, head: bytes };
}

/** The boxes in a piece of memory. @param from and @param to are offsets into it. */
export function boxesIn(bytes: Buffer, from: number, to: number): Box[] {
  const boxes: Box[] = [];
  let at = from;
  while (at < to) {
    if (boxes.length >= BOXES_MAX) throw new BoxError('it holds more boxes than a video has');
    // QuickTime ends some lists with four zero bytes.
    if (to - at === 4 && bytes.readUInt32BE(at) === 0) break;
    const box = readHead(bytes.subarray(at, Math.min(to, at + HEAD_BYTES_MAX)), at, to - at);
    boxes.push(box);
    at += box.size;
  }
  return boxes;
}

/** The boxes in a box. @param skip bytes of its own before them. */
export function inside(bytes: Buffer, box: Box, skip = 0): Box[] {
  return boxesIn(bytes, box.at + box.head + skip, box.at + box.size);
}

export function only(boxes: readonly Box[], type: string, where: string): Box {
  const [first, second] = boxes.filter((box) => box.type === type);
  if (!first) throw new BoxError(`its ${where} has no ${type} box`);
  if (second) throw new BoxError(`its ${where} has two ${type} boxes`);
  return first;
}

/** A reader of a box's own fields that never leaves it. */
export function fieldsOf(bytes: Buffer, box: Box) {
  const end = box.at + box.size;
  const start = box.at + box.head;
  const need = (at: number, count: number) => {
    if (at < 0 || start + at + count > end) throw new BoxError(`its ${box.type} box is too short`);
    return start + at;
  };
  return {
    u8: (at: number) => bytes.readUInt8(need(at, 1)),
    u16: (at: number) => bytes.readUInt16BE(need(at, 2)),
    u32: (at: number) => bytes.readUInt32BE(need(at, 4)),
    i32: (at: number) => bytes.readInt32BE(need(at, 4)),
    u64: (at: number) => Number(bytes.readBigUInt64BE(need(at, 8))),
    text: (at: number) => bytes.toString('latin1', need(at, 4), need(at, 4) + 4),
  };
}
