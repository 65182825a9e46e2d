import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalCommand, text, wholeNumber } from './command.ts';
import { admitFolder, noteFolder, settingsOf } from './data-folder.ts';

const POSTS_DEFAULT = 20_000;
const POSTS_MAX = 1_000_000;

export const demo: LocalCommand = {
  place: 'here',
  servesFolder: true,
  name: 'demo',
  summary: 'a sample platform with five licensees and live traffic',
  options: [
    ['--port <number>', 'port (default 8080, or PARLEY_PORT; 0 takes a free one)'],
    ['--host <address>', 'address to listen on (default 127.0.0.1, or PARLEY_HOST)'],
    ['--posts <number>', `how many posts (default ${POSTS_DEFAULT})`],
  ],
  async run(input, around) {
    const posts = wholeNumber(input, 'posts', 1_000, POSTS_MAX) ?? POSTS_DEFAULT;
    const kept = text(input, 'data');
    const temporary = kept === undefined ? mkdtempSync(join(tmpdir(), 'parley-demo-')) : undefined;
    const own = temporary && {
      data: join(temporary, 'data'),
      masterKeyFile: join(temporary, 'master.key'),
    };
    try {
      // What its clients are refused is part of the play, and shown there.
      const logLevel = around.env?.PARLEY_LOG_LEVEL || 'warn';
      const flags = { host: text(input, 'host'), port: text(input, 'port'), logLevel };
      const settings = await settingsOf({ ...input, options: { ...input.options, ...own } }, around, flags);
      if (kept !== undefined) await admitFolder(settings, input, around, 'serves');
      const [{ startServer }, { play }] = await Promise.all([
        import('./serve-folder.ts'),
        import('./demo-play.ts'),
      ]);
      const started = await startServer(settings.config);
      noteFolder(input, around, settings.config.data);
      try {
        await play(started, posts, around, input.options.json === true);
      } finally {
        await started.close();
      }
    } finally {
      if (temporary) rmSync(temporary, { recursive: true, force: true });
    }
  },
  show: () => '',
};
