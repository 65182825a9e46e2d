import { createHash } from 'node:crypto';
import { Readable, Transform } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { BodyHashCheck } from '#identity';
import { BODY_SILENT_MS, cutOffBody, overloaded, Problem, silentBody, timelyPieces } from '#kernel';

/** Bodies of all requests that lie in memory at one time, together: more is shed, never swapped. */
const BODIES_BYTES_MAX = 256 << 20;
/** Of them by one sender, so that no sender leaves nothing for the others. */
const SENDERS_SHARE = 4;
/** A body that is sent again so much later finds others' bodies gone. */
const RETRY_AFTER_SECONDS = 2;
const NO_BYTES = new Uint8Array();

/** A body that was read. Its room is free again after `done`; twice does no harm. */
export type Taken = { bytes: Uint8Array; done(): void };

/** A body as it comes, for who keeps it elsewhere than in memory. */
export type Flow = {
  /** The header as it came, `multipart/form-data; boundary=…`; empty without one. */
  contentType: string;
  /** At most the operation's `bytesMax`; beyond it a Problem `body-too-large`, and `request-timeout` once its sender is silent. */
  stream: Readable;
  /** The rest of it as a whole, in memory. Throws Problem `body-too-large`, `overloaded`, `body-invalid`. */
  whole(bytesMax: number): Promise<Uint8Array>;
  /** So many bytes of it are in memory until `done`. Throws Problem `overloaded` when all bodies together are too many. */
  hold(bytes: number): void;
  /** SHA-256 of what came; empty when nothing did. */
  digest(): Uint8Array;
  /** Bytes that came, and how many of them were held in memory. */
  received(): { bytes: number; heldBytes: number };
  /** Reads no more of it, and frees what it held. Twice does no harm. */
  done(): void;
};

const NOTHING: Taken = { bytes: NO_BYTES, done() {} };

const COMMA_AFTER_TYPE = /^([^;,]*),/;

/**
 * Older versions of X's Ruby client write `multipart/form-data, boundary=…`. The comma there can only stand for the semicolon,
 * for a type has none (RFC 9110, 8.3.1); a boundary in quotes may have one, and keeps it. Without this, Fastify refuses the
 * header before any handler runs.
 */
export function mendContentType({ raw: { headers } }: FastifyRequest): void {
  const type = headers['content-type'];
  if (type?.includes(',')) headers['content-type'] = type.replace(COMMA_AFTER_TYPE, '$1;');
}

/** True for a request that brings a body, or says so. */
export function bringsBody(headers: Readonly<Record<string, string | string[] | undefined>>): boolean {
  const length = headers['content-length'];
  return length === undefined ? headers['transfer-encoding'] !== undefined : Number(length) !== 0;
}

/** Reads bodies once their call was admitted: callers that may not call make us hold nothing. */
export type RequestBodies = {
  /**
   * The whole body. Throws Problem `body-too-large` above `bytesMax`, before or while it is read, `request-timeout` once its
   * sender is silent, and `overloaded` when too many bodies are under way, of this sender or of all.
   * @param sender whose share of the memory it takes: an app, or an address that no app is known of.
   */
  read(request: FastifyRequest, sender: string, bytesMax: number): Promise<Taken>;
  /**
   * The body as a stream. @param taken what was read of it already: all.
   * @param check of what its signature says it is: the stream ends in its problem instead of its end.
   */
  flow(
    request: FastifyRequest,
    sender: string,
    bytesMax: number,
    options?: { taken?: Taken; check?: BodyHashCheck },
  ): Flow;
};

/**
 * @param bytesMaxTogether of all bodies at one time; default 256 MiB. A sender has a quarter of it at most, and what it
 *   holds is freed once it is silent for `BODY_SILENT_MS`.
 */
export function createRequestBodies(bytesMaxTogether = BODIES_BYTES_MAX): RequestBodies {
  const heldBy = new Map<string, number>();
  let held = 0;

  /** @throws Problem `overloaded`; what was held before stays held. */
  function hold(sender: string, bytes: number): void {
    const its = (heldBy.get(sender) ?? 0) + bytes;
    if (held + bytes > bytesMaxTogether || its > bytesMaxTogether / SENDERS_SHARE)
      throw overloaded(RETRY_AFTER_SECONDS);
    held += bytes;
    heldBy.set(sender, its);
  }

  function free(sender: string, bytes: number): void {
    held -= bytes;
    const left = (heldBy.get(sender) ?? 0) - bytes;
    if (left > 0) heldBy.set(sender, left);
    else heldBy.delete(sender);
  }

  return {
    flow({ raw, headers }, sender, bytesMax, { taken, check } = {}) {
      const hash = createHash('sha256');
      let size = 0;
      let mine = 0;
      let heldBytes = taken?.bytes.length ?? 0;
      const stream = new Transform({
        transform(chunk: Uint8Array, _encoding, pass) {
          size += chunk.length;
          hash.update(chunk);
          check?.update(chunk);
          pass(size > bytesMax ? new Problem('body-too-large') : null, chunk);
        },
        flush: (end) => end(check?.problem()),
      });
      stream.on('error', () => undefined);
      const source: Readable = taken ? Readable.from(taken.bytes.length > 0 ? [taken.bytes] : []) : raw;
      if (Number(headers['content-length'] ?? 0) > bytesMax) stream.destroy(new Problem('body-too-large'));
      // No `pipeline`: it ends the socket with the stream, and who was refused could not read why.
      else {
        source.pipe(stream);
        endWhenSilent(source, stream);
      }
      source.once('error', (error) => stream.destroy(cutOffBody(error)));
      source.once('close', () => {
        if (!source.readableEnded) stream.destroy(cutOffBody(undefined));
      });
      const holdMine = (bytes: number) => {
        hold(sender, bytes);
        mine += bytes;
        heldBytes += bytes;
      };
      return {
        contentType: headers['content-type'] ?? '',
        stream,
        hold: holdMine,
        async whole(most) {
          const chunks: Uint8Array[] = [];
          let read = 0;
          try {
            for await (const chunk of stream as AsyncIterable<Uint8Array>) {
              read += chunk.length;
              if (read > most) throw new Problem('body-too-large');
              holdMine(chunk.length);
              chunks.push(chunk);
            }
          } catch (error) {
            throw error instanceof Problem ? error : cutOffBody(error);
          }
          return Buffer.concat(chunks);
        },
        digest: () => (size > 0 ? hash.copy().digest() : NO_BYTES),
        received: () => ({ bytes: size, heldBytes }),
        done() {
          free(sender, mine);
          mine = 0;
          taken?.done();
          source.unpipe(stream);
          stream.destroy();
        },
      };
    },
    async read({ raw, headers }, sender, bytesMax) {
      if (!bringsBody(headers)) return NOTHING;
      if (Number(headers['content-length'] ?? 0) > bytesMax) throw bodyTooLarge(bytesMax);
      const chunks: Uint8Array[] = [];
      let size = 0;
      const done = () => {
        free(sender, size);
        size = 0;
      };
      try {
        for await (const chunk of timelyPieces(raw)) {
          if (size + chunk.length > bytesMax) throw bodyTooLarge(bytesMax);
          hold(sender, chunk.length);
          size += chunk.length;
          chunks.push(chunk);
        }
      } catch (error) {
        done();
        throw error;
      }
      return { bytes: Buffer.concat(chunks), done };
    },
  };
}

function bodyTooLarge(bytesMax: number): Problem {
  return new Problem('body-too-large', {
    detail: `The body is larger than the ${bytesMax} bytes that this address takes. Send it in smaller parts.`,
  });
}

/**
 * Only the sender's silence is timed: while what came is not taken further, nothing more is asked for. The answer closes
 * the connection, for the rest of the body may come after all.
 */
function endWhenSilent(source: Readable, stream: Transform): void {
  let timer: NodeJS.Timeout | undefined;
  const listen = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (stream.writableNeedDrain) return listen();
      stream.destroy(silentBody());
    }, BODY_SILENT_MS);
  };
  const end = () => {
    clearTimeout(timer);
    source.off('data', listen);
    stream.off('drain', listen);
    source.off('end', end);
  };
  source.on('data', listen);
  stream.on('drain', listen);
  source.once('end', end);
  stream.once('close', end);
  listen();
}
