import type { FastifyRequest } from 'fastify';
import { Problem } from '#kernel';

/** Bodies of all requests that lie in memory at one time, together: more is shed, never swapped. */
const BODIES_BYTES_MAX = 256 << 20;
/** Who sends a body again so much later finds others' bodies gone. */
const RETRY_AFTER_SECONDS = '2';
const NO_BYTES = new Uint8Array();

/** A body that was read. Its room is free again after `done`; twice does no harm. */
export type Taken = { bytes: Uint8Array; done(): void };

const NOTHING: Taken = { bytes: NO_BYTES, done() {} };

/** Reads bodies when their call was admitted: who may not call cannot make us hold anything. */
export type Intake = {
  /**
   * The whole body. Throws Problem `body-too-large` above `bytesMax`, before or while it is read, and `overloaded` when
   * too many bodies are under way.
   */
  read(request: FastifyRequest, bytesMax: number): Promise<Taken>;
};

/** @param bytesMaxTogether of all bodies at one time; default 256 MiB. */
export function createIntake(bytesMaxTogether = BODIES_BYTES_MAX): Intake {
  let held = 0;
  return {
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
          if (held > bytesMaxTogether) {
            throw new Problem('overloaded', {}, { headers: { 'retry-after': RETRY_AFTER_SECONDS } });
          }
          chunks.push(chunk);
        }
      } catch (error) {
        done();
        if (error instanceof Problem) throw error;
        // Cut off in the middle: nobody is there to read an answer, and nothing is wrong here.
        throw new Problem(
          'body-invalid',
          { detail: 'The body ended before it was whole.' },
          { cause: error },
        );
      }
      return { bytes: Buffer.concat(chunks), done };
    },
  };
}
