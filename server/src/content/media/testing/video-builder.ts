/** Writes MP4 files box by box, for tests: what a camera would write, and what it never would. */

export function box(type: string, ...parts: (Buffer | Buffer[])[]): Buffer {
  const body = Buffer.concat(parts.flat());
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + body.length, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}

export function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, at * 4);
  return bytes;
}

export const latin1 = (text: string) => Buffer.from(text, 'latin1');
/** Version 0 and flags. */
const full = (flags = 0) => u32(flags);
const IDENTITY = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
const QUARTER_TURN = u32(0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000);

/** @param again how often the table names the first sample, in a chunk of its own each; otherwise all lie in one chunk. */
const sampleTable = (entry: Buffer, sizes: readonly number[], offset: number, again: number) =>
  again > 1
    ? repeating(entry, sizes[0] ?? 0, offset, again)
    : box(
        'stbl',
        box('stsd', full(), u32(1), entry),
        box('stts', full(), u32(1, sizes.length, 40)),
        box('stsc', full(), u32(1, 1, sizes.length, 1)),
        box('stsz', full(), u32(0, sizes.length, ...sizes)),
        box('stco', full(), u32(1, offset)),
      );

const repeating = (entry: Buffer, size: number, offset: number, again: number) =>
  box(
    'stbl',
    box('stsd', full(), u32(1), entry),
    box('stts', full(), u32(1, again, 40)),
    box('stsc', full(), u32(1, 1, 1, 1)),
    box('stsz', full(), u32(size, again)),
    box('stco', full(), u32(again, ...Array(again).fill(offset))),
  );

function track(options: {
  id: number;
  handler: string;
  entry: Buffer;
  sizes: readonly number[];
  offset: number;
  width?: number;
  height?: number;
  isTurned?: boolean;
  again?: number;
  more?: Buffer[];
}): Buffer {
  const {
    id,
    handler,
    entry,
    sizes,
    offset,
    width = 0,
    height = 0,
    isTurned,
    again = 1,
    more = [],
  } = options;
  const kind = handler === 'vide' ? box('vmhd', full(1), u32(0, 0)) : box('nmhd', full());
  return box(
    'trak',
    box(
      'tkhd',
      full(3),
      u32(0, 0, id, 0, sizes.length * 40, 0, 0, 0, 0),
      isTurned ? QUARTER_TURN : IDENTITY,
      u32(width << 16, height << 16),
    ),
    box(
      'mdia',
      box('mdhd', full(), u32(0, 0, 1_000, sizes.length * 40, 0x55c40000)),
      box('hdlr', full(), u32(0), latin1(handler), u32(0, 0, 0), latin1('name\0')),
      box(
        'minf',
        kind,
        box('dinf', box('dref', full(), u32(1), box('url ', full(1)))),
        sampleTable(entry, sizes, offset, again),
      ),
    ),
    ...more,
  );
}

/** AVCDecoderConfigurationRecord of a Baseline stream (ISO/IEC 14496-15). */
const AVCC = Buffer.from([1, 66, 0, 30, 255, 225, 0, 4, 103, 66, 0, 30, 1, 0, 4, 104, 206, 60, 128]);

function visualEntry(codec: string, width: number, height: number): Buffer {
  const body = Buffer.alloc(78);
  body.writeUInt16BE(1, 6);
  body.writeUInt16BE(width, 24);
  body.writeUInt16BE(height, 26);
  body.writeUInt32BE(0x480000, 28);
  body.writeUInt32BE(0x480000, 32);
  body.writeUInt16BE(1, 40);
  body.writeUInt16BE(24, 74);
  body.writeInt16BE(-1, 76);
  return box(codec, body, box('avcC', AVCC));
}

export type VideoParts = {
  brand?: string;
  codec?: string;
  isTurned?: boolean;
  /** Samples of a track of the handler `meta`, as cameras write places. */
  places?: readonly Buffer[];
  /** How often that track's table names the first of them. */
  again?: number;
  /** Boxes in moov, in the video track, at the top before moov, and at the end. */
  inMoov?: Buffer[];
  inTrack?: Buffer[];
  before?: Buffer[];
  after?: Buffer[];
};

/** The samples of every video here: five pictures that nobody can decode. */
export const SAMPLES = Array.from({ length: 5 }, (_, at) => Buffer.alloc(200 + at, 65 + at));

/** 320×240, 200 ms, the index behind the data as cameras write it. */
export function video(parts: VideoParts = {}): Buffer {
  const { brand = 'isom', codec = 'avc1', isTurned, places = [] } = parts;
  const begin = Buffer.concat([
    box('ftyp', latin1(brand), u32(512), latin1('isomiso2mp41')),
    ...(parts.before ?? []),
  ]);
  const data = box('mdat', [...SAMPLES, ...places]);
  const offset = begin.length + 8;
  const pictureBytes = SAMPLES.reduce((sum, one) => sum + one.length, 0);
  const tracks = [
    track({
      id: 1,
      handler: 'vide',
      entry: visualEntry(codec, 320, 240),
      sizes: SAMPLES.map((one) => one.length),
      offset,
      width: 320,
      height: 240,
      isTurned,
      more: parts.inTrack,
    }),
    ...(places.length > 0
      ? [
          track({
            id: 2,
            handler: 'meta',
            entry: box('gpmd', Buffer.alloc(8)),
            sizes: places.map((one) => one.length),
            offset: offset + pictureBytes,
            again: parts.again,
          }),
        ]
      : []),
  ];
  const header = box(
    'mvhd',
    full(),
    u32(0, 0, 1_000, 200, 0x10000, 0x1000000, 0, 0),
    IDENTITY,
    Buffer.alloc(24),
    u32(3),
  );
  const moov = box('moov', header, tracks, parts.inMoov ?? []);
  return Buffer.concat([begin, data, moov, ...(parts.after ?? [])]);
}
