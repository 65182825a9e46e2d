import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Logger } from '#http';
import { type TestClock, testClock } from '#kernel';
import type { Config } from '../src/config.ts';
import { openParley, type Parley } from '../src/main.ts';

/** The moment at which a test's world begins. */
export const WORLD_START = Date.parse('2026-11-21T10:00:00.000Z');

export type World = Parley & {
  clock: TestClock;
  /** The data folder. */
  dir: string;
  /** Closes all and opens the same folder again, as a restart does. The old object is of no more use. */
  restart(): Promise<World>;
};

/**
 * A whole Parley, real in every part, in a temporary folder with a clock that you move. It ends with its test.
 * @param start Unix ms.
 * @param config what is not as it is by default.
 * @param given.logger in place of one that writes warnings to standard error.
 */
export async function testWorld(
  t: TestContext,
  start = WORLD_START,
  config: Partial<Config> = {},
  given: { logger?: Logger } = {},
): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'parley-test-'));
  const clock = testClock(start);
  let open: Parley | undefined;
  t.after(async () => {
    await open?.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const enter = async (): Promise<World> => {
    const parley = await openParley(
      {
        data: join(dir, 'data'),
        host: '127.0.0.1',
        port: 0,
        masterKeyFile: join(dir, 'master.key'),
        ...config,
      },
      { clock, ...given },
    );
    open = parley;
    return Object.assign(parley, {
      clock,
      dir: join(dir, 'data'),
      restart: async () => {
        await parley.close();
        return enter();
      },
    });
  };
  return enter();
}
