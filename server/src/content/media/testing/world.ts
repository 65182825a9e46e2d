import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import sharp from 'sharp';
import { type TestClock, testClock } from '#kernel';
import { type MediaOptions, openMedia } from '../media.ts';
import type { Declared, MediaLibrary, MediaSender, Upload } from '../port.ts';

export const START = Date.parse('2026-11-21T10:00:00.000Z');
export const ANNA = '101';
export const BEN = '102';
const APP = '9';

/** A part of a person, by an app. */
export const by = (personId: string, appId = APP): MediaSender => ({ appId, personId });

/** Posts and persons as far as this module asks for them. */
export type FakeNetwork = MediaOptions['network'] & {
  postStates: Map<string, object | 'deleted'>;
  personStates: Map<string, { state: 'active' | 'suspended' | 'deactivated' }>;
};

export type MediaWorld = {
  media: MediaLibrary;
  clock: TestClock;
  network: FakeNetwork;
  dir: string;
  logged: unknown[];
  /** Names in a folder of the module, sorted. */
  names(folder: 'parts' | 'kept'): string[];
  /** Ends it without a word to it, as a crash does, and opens the same folder again. */
  crash(more?: Partial<MediaOptions>): MediaWorld;
  put(personId: string, bytes: Uint8Array, declared?: Declared): Promise<Upload>;
  segment(personId: string, id: string, index: number, bytes: Uint8Array): Promise<Upload>;
};

export function mediaWorld(t: Pick<TestContext, 'after'>, more: Partial<MediaOptions> = {}): MediaWorld {
  const dir = mkdtempSync(join(tmpdir(), 'parley-media-'));
  const clock = testClock(START);
  const logged: unknown[] = [];
  const postStates: FakeNetwork['postStates'] = new Map();
  const personStates: FakeNetwork['personStates'] = new Map([
    [ANNA, { state: 'active' }],
    [BEN, { state: 'active' }],
  ]);
  const network: FakeNetwork = {
    postStates,
    personStates,
    posts: (ids) => ids.map((id) => postStates.get(id)),
    people: (ids) => ids.map((id) => personStates.get(id)),
  };
  const rooms: MediaLibrary[] = [];
  t.after(async () => {
    for (const room of rooms) await room.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const open = (now: Partial<MediaOptions> = {}): MediaWorld => {
    const media = openMedia({
      file: join(dir, 'media.db'),
      dir: join(dir, 'media'),
      clock,
      publicBase: () => 'https://parley.example',
      network,
      log: (...line) => void logged.push(line),
      ...more,
      ...now,
    });
    rooms.push(media);
    return {
      media,
      clock,
      network,
      dir,
      logged,
      names: (folder) =>
        readdirSync(join(dir, 'media', folder), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => entry.name)
          .sort(),
      crash: open,
      put: async (personId, bytes, declared = {}) =>
        media.upload(personId, await media.stage(by(personId), Readable.from([bytes])), declared),
      segment: async (personId, id, index, bytes) =>
        media.append(personId, id, index, await media.stage(by(personId), Readable.from([bytes]))),
    };
  };
  return open();
}

/** A picture whose quarters differ, so that turning it shows. */
export function picture(
  format: 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff',
  width = 64,
  height = 32,
): Promise<Buffer> {
  return quarters(width, height).toFormat(format).toBuffer();
}

export function quarters(width: number, height: number) {
  const red = {
    create: { width: width / 2, height: height / 2, channels: 3, background: '#ff0000' },
  } as const;
  return sharp({ create: { width, height, channels: 3, background: '#0000ff' } }).composite([
    { input: red, left: 0, top: 0 },
  ]);
}

/** A GIF that moves: one colour a frame. */
export async function movingGif(frames: number, width = 16, height = 16): Promise<Buffer> {
  const images = await Promise.all(
    Array.from({ length: frames }, (_, at) =>
      sharp({ create: { width, height, channels: 3, background: { r: (at * 37) % 256, g: 80, b: 200 } } })
        .png()
        .toBuffer(),
    ),
  );
  return sharp(images, { join: { animated: true } })
    .gif({ delay: Array(frames).fill(100) })
    .toBuffer();
}
