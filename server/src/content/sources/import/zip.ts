import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { type Entry, open, type ZipFile } from 'yauzl';
import { FileError } from './expand.ts';

/**
 * Archives as networks hand them out: zip files of many megabytes of pictures and a few files of posts. Only the latter are
 * unpacked, into a temporary folder that goes away with the import.
 */

/** The order in which files are read: posts, then what their author deleted. Others are needed beside them. */
const READ = [
  /(?:^|\/)data\/(?:tweets?|community-tweet)(?:-part\d+)?\.js$/,
  /(?:^|\/)data\/js\/tweets\/\d{4}_\d{2}\.js$/,
  /(?:^|\/)data\/deleted-tweets?(?:-part\d+)?\.js$/,
  /^(?:[^/]+\/)?outbox\.json$/,
];
const BESIDE = [
  /(?:^|\/)data\/(?:account|profile|note-tweet)\.js$/,
  /(?:^|\/)data\/js\/user_details\.js$/,
  /^(?:[^/]+\/)?actor\.json$/,
];
/** An archive of 15 years has 500 MB of posts; all that is unpacked lies on the disk at once. */
const UNPACKED_BYTES_MAX = 8 * 2 ** 30;
/** Posts shrink to a tenth. */
const RATIO_MAX = 500;
/** Files that are unpacked: months of 20 years, or parts of a large archive. */
const FILES_MAX = 1_000;

export type ZipEntryFile = { name: string; file: string };

/**
 * Unpacks the files of posts and what is read beside them, and hands them over in their order.
 * @param use told of the files and of the zip file's bytes. @throws FileError for damage, bombs, and zips without posts.
 */
export async function withZipFiles(
  path: string,
  use: (files: readonly ZipEntryFile[], size: number) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-zip-'));
  try {
    const files = await orDamaged(() => unpack(path, folder));
    if (files.length === 0) {
      throw new FileError(
        'the file is a zip archive without tweets.js or outbox.json; unpack it and name the files in it that hold posts',
      );
    }
    await use(files, statSync(path).size);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function unpack(path: string, folder: string): Promise<ZipEntryFile[]> {
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    const options = { lazyEntries: true, autoClose: false };
    open(path, options, (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  const found: (ZipEntryFile & { rank: number })[] = [];
  let bytes = 0;
  let count = 0;
  try {
    for (const entry of await entriesOf(zip)) {
      const name = entry.fileName;
      const rank = READ.findIndex((pattern) => pattern.test(name));
      bytes += entry.uncompressedSize;
      count += 1;
      const tooMuch =
        bytes > UNPACKED_BYTES_MAX ||
        count > FILES_MAX ||
        entry.uncompressedSize > RATIO_MAX * (entry.compressedSize + 1_024);
      if (tooMuch) throw new FileError('the zip archive holds too much; unpack it and name the files in it');
      // Its last part alone: no name in an archive chooses a folder.
      const file = join(folder, name.slice(name.lastIndexOf('/') + 1));
      await write(zip, entry, file);
      if (rank >= 0) found.push({ name, file, rank });
    }
  } finally {
    zip.close();
  }
  return found.sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1));
}

/** Those that are needed, of an archive's thousands. */
function entriesOf(zip: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = [];
  return new Promise((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      if ([...READ, ...BESIDE].some((pattern) => pattern.test(entry.fileName))) entries.push(entry);
      zip.readEntry();
    });
    zip.once('end', () => resolve(entries));
    zip.once('error', reject);
    zip.readEntry();
  });
}

/** yauzl ends the stream with an error when it holds more or less than the archive says. */
async function write(zip: ZipFile, entry: Entry, file: string): Promise<void> {
  const stream = await promisify<Entry, Readable>(zip.openReadStream.bind(zip))(entry);
  await pipeline(stream, createWriteStream(file, { flags: 'wx', mode: 0o600 }));
}

async function orDamaged<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof FileError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'EEXIST')
      throw new FileError('the zip archive holds two files of one name; unpack it and name one of them');
    if (code === 'ENOSPC' || code === 'EACCES') throw error;
    throw new FileError('the file is a damaged zip archive; unpack it and name the files in it');
  }
}
