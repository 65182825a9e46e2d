import { Problem } from './problem.ts';

/** For so long a body may be silent while it is waited for: a sender at work is not, and a caller that waits holds a place. */
export const BODY_SILENT_MS = 10_000;

/** The refusal of a body that did not come. The answer closes the connection, for the rest may come after all. */
export function silentBody(): Problem {
  const detail = `Nothing of the body came for ${BODY_SILENT_MS / 1_000} seconds. Send it again.`;
  return new Problem('request-timeout', { detail }, { headers: { connection: 'close' } });
}

/** The refusal of a body that ended in the middle: nobody is there to read an answer, and nothing is wrong here. */
export function cutOffBody(cause: unknown): Problem {
  return new Problem('body-invalid', { detail: 'The body ended before it was whole.' }, { cause });
}

/**
 * The pieces of a request's body as they come. Only the sender's silence is timed, never the time that is taken between
 * two pieces. What is not read any more is left to the server, which closes the connection after the answer.
 * @throws Problem `request-timeout` once nothing came for `BODY_SILENT_MS`, `body-invalid` for a body that ends too early.
 */
export async function* timelyPieces(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const pieces = body[Symbol.asyncIterator]();
  for (;;) {
    const next = await timely(pieces.next());
    if (next.done) return;
    yield next.value;
  }
}

async function timely(coming: Promise<IteratorResult<Buffer>>): Promise<IteratorResult<Buffer>> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(silentBody()), BODY_SILENT_MS);
  });
  const given = coming.catch((cause: unknown) => {
    throw cutOffBody(cause);
  });
  try {
    return await Promise.race([given, silence]);
  } finally {
    clearTimeout(timer);
  }
}
