import { createHash } from 'node:crypto';
import { Readable, Transform } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { Problem } from '#kernel';

/** Bodies of all requests that lie in memory at one time, together: more is shed, never swapped. */
const BODIES_BYTES_MAX = 256 << 20;
/** Who sends a body again so much later finds others' bodies gone. */
const RETRY_AFTER_SECONDS = '2';
/** For so long a body may be silent while it is waited for: a sender at work is not, and who waits holds a place. */
export const BODY_SILENT_MS = 10_000;
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

/** Reads bodies when their call was admitted: who may not call cannot make us hold anything. */
export type Intake = {
  /**
   * The whole body. Throws Problem `body-too-large` above `bytesMax`, before or while it is read, and `overloaded` when
   * too many bodies are under way.
   */
  read(request: FastifyRequest, bytesMax: number): Promise<Taken>;
  /** The body as a stream. @param taken what was read of it already: all. */
  flow(request: FastifyRequest, bytesMax: number, taken?: Taken): Flow;
};

/** @param bytesMaxTogether of all bodies at one time; default 256 MiB. */
export function createIntake(bytesMaxTogether = BODIES_BYTES_MAX): Intake {
  let held = 0;
  const overloaded = () => new Problem('overloaded', {}, { headers: { 'retry-after': RETRY_AFTER_SECONDS } });
  return {
    flow({ raw, headers }, bytesMax, taken) {
      const hash = createHash('sha256');
      let size = 0;
      let mine = 0;
      const stream = new Transform({
        transform(chunk: Uint8Array, _encoding, pass) {
          size += chunk.length;
          hash.update(chunk);
          pass(size > bytesMax ? new Problem('body-too-large') : null, chunk);
        },
      });
      stream.on('error', () => undefined);
      const source: Readable = taken ? Readable.from(taken.bytes.length > 0 ? [taken.bytes] : []) : raw;
      if (Number(headers['content-length'] ?? 0) > bytesMax) stream.destroy(new Problem('body-too-large'));
      // No `pipeline`: it ends the socket with the stream, and who was refused could not read why.
      else {
        source.pipe(stream);
        endWhenSilent(source, stream);
      }
      source.once('error', (error) => stream.destroy(cutOff(error)));
      source.once('close', () => {
        if (!source.readableEnded) stream.destroy(cutOff(undefined));
      });
      const hold = (bytes: number) => {
        held += bytes;
        mine += bytes;
        if (held > bytesMaxTogether) throw overloaded();
      };
      return {
        contentType: headers['content-type'] ?? '',
        stream,
        hold,
        async whole(most) {
          const chunks: Uint8Array[] = [];
          let read = 0;
          try {
            for await (const chunk of stream as AsyncIterable<Uint8Array>) {
              read += chunk.length;
              if (read > most) throw new Problem('body-too-large');
              hold(chunk.length);
              chunks.push(chunk);
            }
          } catch (error) {
            throw error instanceof Problem ? error : cutOff(error);
          }
          return Buffer.concat(chunks);
        },
        digest: () => (size > 0 ? hash.copy().digest() : NO_BYTES),
        done() {
          held -= mine;
          mine = 0;
          taken?.done();
          source.unpipe(stream);
          stream.destroy();
        },
      };
    },
    async read({ raw, headers }, bytesMax) {
      const length = headers['content-length'];
      if (length === undefined ? headers['transfer-encoding'] === undefined : Number(length) === 0)
        return NOTHING;
      if (length !== undefined && Number(length) > bytesMax) throw new Problem('body-too-large');
      const chunks: Uint8Array[] = [];
      let size = 0;
      const done = () => {
        held -= size;
        size = 0;
      };
      try {
        for await (const chunk of raw as AsyncIterable<Buffer>) {
          size += chunk.length;
          held += chunk.length;
          if (size > bytesMax) throw new Problem('body-too-large');
          if (held > bytesMaxTogether) throw overloaded();
          chunks.push(chunk);
        }
      } catch (error) {
        done();
        throw error instanceof Problem ? error : cutOff(error);
      }
      return { bytes: Buffer.concat(chunks), done };
    },
  };
}

/**
 * Only the sender's silence is timed: while what came is not taken further, nothing more is asked for. The answer closes
 * the connection, for the rest of the body may come after all.
 */
function endWhenSilent(source: Readable, stream: Transform): void {
  const detail = `Nothing of the body came for ${BODY_SILENT_MS / 1_000} seconds. Send it again.`;
  let timer: NodeJS.Timeout | undefined;
  const listen = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (stream.writableNeedDrain) return listen();
      stream.destroy(new Problem('request-timeout', { detail }, { headers: { connection: 'close' } }));
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

/** In the middle: nobody is there to read an answer, and nothing is wrong here. */
function cutOff(cause: unknown): Problem {
  return new Problem('body-invalid', { detail: 'The body ended before it was whole.' }, { cause });
}
