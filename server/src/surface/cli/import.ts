import { resolve } from 'node:path';
import { DAY_MS } from '#kernel/clock';
import type { ImportResult, importFiles } from '#sources';
import type { Parley } from '../../main.ts';
import { type FolderCommand, list, type Progress, UsageError } from './command.ts';
import { counted, plain } from './table.ts';

const FILES_MAX = 1_000;
/** How far recent search and counts look back. */
const RECENT_DAYS = 7;

/** `note` says why a search may not find what was taken in. */
type Result = ImportResult & { note?: string };

export const importCommand: FolderCommand = {
  place: 'folder',
  makesFolder: true,
  name: 'import',
  summary: 'take in posts and persons from files; importing twice changes nothing',
  args: '<file...>',
  options: [
    [
      '--shift-to-now',
      'move all times by one distance, so that the newest post is now; the folder remembers it',
    ],
    ['--map <list>', 'columns of CSV and Parquet files: text=Tweet,author_id=User,created_at=Date'],
  ],
  async run(parley, input, { progress, signal }): Promise<Result> {
    if (input.args.length > FILES_MAX) throw new UsageError(`at most ${FILES_MAX} files at once.`);
    const { importFiles } = await import('#sources');
    const result = await importFiles(
      input.args.map((file) => resolve(input.cwd, file)),
      {
        writer: parley.writer,
        folder: parley.folder.path,
        clock: parley.clock,
        shiftToNow: input.options.shiftToNow === true,
        isHere: (postId) => parley.posts.posts([postId])[0] !== undefined,
        columnMap: columnMap(list(input, 'map')),
        signal,
        onProgress: (state) => progress(asProgress(state)),
      },
    );
    const note = result.posts > 0 && result.shiftMs === undefined ? await oldPostsNote(parley) : undefined;
    return note === undefined ? result : { ...result, note };
  },
  show: (result: Result) =>
    [
      ...result.files.map((file) => {
        // What could not be opened or read has no counts to tell.
        if (file.error && isUnread(file)) return `${plain(file.file)}: ${plain(file.error)}`;
        const what = `${counted(file.posts, 'post')}, ${counted(file.people, 'person')}: ${file.created} new, ${file.updated} changed, ${file.unchanged} as before`;
        const rejected = file.rejectedFile
          ? `; ${file.rejected} rejected, see ${plain(file.rejectedFile)}`
          : '';
        const leftOut = file.leftOut
          ? `\n  columns that no field takes: ${plain(file.leftOut.join(', '))}`
          : '';
        return `${plain(file.file)}: ${what}${rejected}${leftOut}${file.error ? `\n  stopped: ${plain(file.error)}` : ''}`;
      }),
      ...(result.files.every(isUnread)
        ? []
        : [`${result.seconds.toFixed(1)} s, ${Math.round(result.postsPerSecond)} posts/s`]),
      ...(result.stopped
        ? ['Stopped before the end. Run it again: what is there already stays as it is.']
        : []),
      ...(result.note ? [result.note] : []),
    ].join('\n'),
  failed: (result: Result) =>
    result.stopped === true || result.files.some((file) => file.error !== undefined),
};

/** Told when every post here is too old for recent search, whose first page would be empty without a word. */
async function oldPostsNote({ posts, clock }: Pick<Parley, 'posts' | 'clock'>): Promise<string | undefined> {
  const { firstIdAt, ID_MAX } = await import('#kernel');
  const afterId = firstIdAt(clock.now() - RECENT_DAYS * DAY_MS);
  if (posts.between({ afterId, beforeId: ID_MAX, limit: 1 }).length > 0) return undefined;
  return `Every post here is older than ${RECENT_DAYS} days, so recent search finds none. To try it with old posts, import them with --shift-to-now into a new data folder.`;
}

function isUnread({
  created,
  updated,
  unchanged,
  deleted,
  rejected,
}: ImportResult['files'][number]): boolean {
  return created + updated + unchanged + deleted + rejected === 0;
}

function columnMap(pairs: string[] | undefined): Record<string, string> | undefined {
  if (!pairs) return undefined;
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new UsageError(`--map takes field=column pairs, not "${pair}".`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

type State = Parameters<NonNullable<Parameters<typeof importFiles>[1]['onProgress']>>[0];

function asProgress(state: State): Progress {
  const left = state.secondsLeft === undefined ? '' : `, ${Math.ceil(state.secondsLeft)} s left`;
  const text =
    state.phase === 'looking'
      ? 'looking for the newest post'
      : `${counted(state.posts, 'post')}, ${counted(state.people, 'person')}, ${Math.round(state.postsPerSecond)} posts/s${left}${state.rejected > 0 ? `, ${state.rejected} rejected` : ''}`;
  return { done: state.bytesDone, total: state.bytesTotal, text };
}
