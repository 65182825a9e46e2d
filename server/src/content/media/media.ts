import { randomInt, randomUUID } from 'node:crypto';
import { type Clock, isId, makeId, Problem } from '#kernel';
import { type Files, openFiles } from './files.ts';
import {
  ADDITIONAL_OWNERS_MAX,
  ALT_TEXT_LENGTH_MAX,
  PENDING_A_PERSON_MAX,
  SEGMENTS_MAX,
  UNUSED_A_PERSON_MAX,
  UNUSED_BYTES_A_PERSON_MAX,
  UNUSED_MS,
  VIDEO_BYTES_MAX,
} from './limits.ts';
import { openDecoder } from './picture.ts';
import type { Declared, MediaLibrary, MediaSender, Upload } from './port.ts';
import { mediaKeyOf, postMediaOf, unusableAmong } from './present.ts';
import type { MediaRow } from './row.ts';
import { declaredType } from './sniff.ts';
import { openStaging, storageProblem } from './staging.ts';
import { openStore } from './store-sqlite.ts';
import { type NetworkView, openSweep } from './sweep.ts';
import { NAME, refuse, transcode } from './transcode.ts';

export type MediaOptions = {
  /** `media.db`; made when it is not there. */
  file: string;
  /** The folder of the files. */
  dir: string;
  clock: Clock;
  /** What our own address begins with, `https://parley.example.com`; asked whenever an address is written. */
  publicBase(): string;
  network: NetworkView;
  /** Receives what went wrong here; never names, bodies or secrets. */
  log(message: string, cause?: unknown): void;
  /** For tests that make the disk fail. */
  files?: (dir: string) => Files;
};

const notThere = () =>
  new Problem('not-found', { detail: 'There is no such upload of this person, or it has expired.' });

/** Opens `media.db` and the folder beside it. @throws when they cannot be opened. */
export function openMedia(options: MediaOptions): MediaLibrary {
  const { clock } = options;
  const files = (options.files ?? openFiles)(options.dir);
  const store = openStore(options.file);
  const decoder = openDecoder(options.log);
  /** Parts that no upload names yet: not to be swept. */
  const fresh = new Set<string>();
  let closed = false;
  /** Uploads at which somebody is at work: one at a time. */
  const busy = new Set<string>();
  const sweeping = openSweep({ ...options, store, files, isFresh: (name) => fresh.has(name) });

  function find(personId: string, id: string): MediaRow {
    const row = isId(id) ? store.find(personId, id) : undefined;
    if (!row || row.expiresAt <= clock.now()) throw notThere();
    return row;
  }

  function uploadOf(row: MediaRow): Upload {
    const { kept } = row;
    return {
      id: row.id,
      mediaKey: mediaKeyOf(row),
      state: kept ? 'ready' : 'pending',
      size: row.bytes,
      totalBytes: row.totalBytes,
      contentType: kept?.contentType,
      width: kept?.width,
      height: kept?.height,
      altText: row.altText,
      expiresAt: row.isUsed ? undefined : row.expiresAt,
    };
  }

  function add(personId: string, declared: Declared, totalBytes: number): MediaRow {
    checkDeclared(declared);
    const now = clock.now();
    const has = store.unused(personId, now);
    if (has.pending >= PENDING_A_PERSON_MAX || has.uploads >= UNUSED_A_PERSON_MAX)
      throw overQuota(`${has.uploads} unused uploads, ${has.pending} of them unfinished`);
    if (has.bytes + totalBytes > UNUSED_BYTES_A_PERSON_MAX)
      throw overQuota(`${has.bytes} bytes of unused uploads`);
    for (;;) {
      const row = store.add(
        {
          id: makeId(now, randomInt(1 << 22)),
          personId,
          createdAt: now,
          expiresAt: now + UNUSED_MS,
          declaredType: declaredType(declared.mediaType),
          category: declared.category,
          totalBytes,
        },
        declared.additionalOwners ?? [],
      );
      if (row) return row;
    }
  }

  /** Makes our own of a part and puts it in the upload's place, or leaves nothing. */
  async function settle(
    row: MediaRow,
    part: string,
    declared: Declared,
    sender: MediaSender,
  ): Promise<Upload> {
    const reserved: string[] = [];
    const reserve = (name: string) => {
      reserved.push(name);
      fresh.add(name);
    };
    try {
      const { size, ...kept } = await transcode({ files, decoder, reserve, sender }, part, declared);
      const names = kept.preview ? [kept.name, kept.preview] : [kept.name];
      store.doom(names);
      for (const name of names) await files.keep(name, name);
      const parts = store.setKept(row.id, kept, size);
      // Its person was deleted, or its time was up, while it was being made.
      if (!parts) throw notThere();
      await sweeping.dropParts(parts);
    } catch (error) {
      for (const name of reserved) await sweeping.dropMade(name);
      throw storageProblem(error);
    } finally {
      for (const name of reserved) fresh.delete(name);
    }
    return uploadOf(find(row.personId, row.id));
  }

  async function alone<T>(id: string, act: () => Promise<T>): Promise<T> {
    if (busy.has(id))
      throw new Problem('conflict', { detail: 'This upload is being finalized. Ask for its status.' });
    busy.add(id);
    try {
      return await act();
    } finally {
      busy.delete(id);
    }
  }

  return {
    state: decoder.state,
    stage: openStaging({ files, fresh, dropParts: sweeping.dropParts }),

    async upload(personId, staged, declared) {
      try {
        const row = add(personId, declared, staged.size);
        return await alone(row.id, () => settle(row, staged.part, declared, staged.sender)).catch(
          (error: unknown) => {
            // Nobody was told of it: nothing of it stays.
            sweeping.remove([row.id]);
            throw error;
          },
        );
      } finally {
        await staged.release();
      }
    },

    async initialize(personId, declared) {
      const { totalBytes } = declared;
      if (!Number.isInteger(totalBytes) || totalBytes < 1 || totalBytes > VIDEO_BYTES_MAX)
        throw refuse(`total_bytes is a number from 1 to ${VIDEO_BYTES_MAX}.`);
      return uploadOf(add(personId, declared, totalBytes));
    },

    async append(personId, id, index, staged) {
      try {
        const row = find(personId, id);
        if (!Number.isInteger(index) || index < 0 || index >= SEGMENTS_MAX)
          throw refuse(`segment_index is a number from 0 to ${SEGMENTS_MAX - 1}.`);
        if (staged.size === 0) throw refuse('A segment has at least one byte.');
        if (busy.has(id) || row.kept)
          throw new Problem('conflict', { detail: 'This upload was finalized; it takes no more segments.' });
        const former = store.segments(id).find((one) => one.index === index)?.bytes ?? 0;
        const bytes = row.bytes - former + staged.size;
        if (bytes > row.totalBytes)
          throw refuse(
            `With this segment the upload has ${bytes} bytes; total_bytes said ${row.totalBytes}.`,
          );
        const replaced = store.putSegment(id, { index, bytes: staged.size, part: staged.part });
        staged.handOn();
        if (replaced) await sweeping.dropParts([replaced]);
        return uploadOf(find(personId, id));
      } finally {
        await staged.release();
      }
    },

    async finalize(sender, id) {
      const row = find(sender.personId, id);
      if (row.kept) return uploadOf(row);
      return alone(id, async () => {
        const segments = store.segments(id);
        const gap = segments.findIndex(({ index }, at) => index !== at);
        if (segments.length === 0 || gap >= 0)
          throw refuse(`Segment ${Math.max(gap, 0)} has not arrived: they are numbered from 0 without gaps.`);
        if (row.bytes !== row.totalBytes)
          throw refuse(`${row.bytes} bytes have arrived; total_bytes said ${row.totalBytes}.`);
        const whole = randomUUID();
        fresh.add(whole);
        try {
          await files.join(
            segments.map(({ part }) => part),
            whole,
          );
          return await settle(row, whole, { mediaType: row.declaredType, category: row.category }, sender);
        } catch (error) {
          throw storageProblem(error);
        } finally {
          await sweeping.dropParts([whole]);
          fresh.delete(whole);
        }
      });
    },

    status: (personId, id) => uploadOf(find(personId, id)),

    setAltText(personId, id, text) {
      const row = find(personId, id);
      if (!text.isWellFormed() || [...text].length > ALT_TEXT_LENGTH_MAX)
        throw refuse(`alt_text is well-formed text of at most ${ALT_TEXT_LENGTH_MAX} characters.`);
      if (row.isUsed)
        throw new Problem('conflict', { detail: 'A post uses it already; its description stays as it is.' });
      store.setAltText(id, text);
      return uploadOf(find(personId, id));
    },

    mediaOf(personId, ids) {
      const now = clock.now();
      const rows = ids.map((id) => {
        const row = isId(id) ? store.find(personId, id, true) : undefined;
        return row && row.expiresAt > now ? row : undefined;
      });
      const unusable = unusableAmong(ids, rows);
      if (unusable) return { unusable };
      const base = options.publicBase();
      return { media: rows.map((row) => postMediaOf(row!, base)) };
    },

    keep(personId, ids, use) {
      const now = clock.now();
      for (const id of ids) {
        const row = isId(id) ? store.find(personId, id, true) : undefined;
        if (!row?.kept || row.expiresAt <= now) throw notThere();
      }
      store.use(ids, use, now);
    },
    release: (use) => store.unuse(use, UNUSED_MS),
    deleted: (use) => sweeping.deleted(use),

    served(name) {
      const row = NAME.test(name) ? store.byName(name) : undefined;
      if (!row?.kept || row.expiresAt <= clock.now() || !sweeping.isShown(row)) return undefined;
      const isPreview = name === row.kept.preview;
      return { path: files.keptPath(name), contentType: isPreview ? 'image/jpeg' : row.kept.contentType };
    },
    forget: (touched) => sweeping.forget(touched),
    sweep: () => sweeping.sweep(),
    async close() {
      if (closed) return;
      closed = true;
      decoder.close();
      await sweeping.close();
      store.close();
    },
  };
}

function checkDeclared({ additionalOwners = [] }: Declared): void {
  if (additionalOwners.length > ADDITIONAL_OWNERS_MAX || !additionalOwners.every(isId))
    throw refuse(`additional_owners is a list of at most ${ADDITIONAL_OWNERS_MAX} ids of persons.`);
}

function overQuota(has: string): Problem {
  return new Problem('upload-quota', {
    detail: `This person has ${has}. Use some in posts, or wait until they expire 24 hours after they were made.`,
  });
}
