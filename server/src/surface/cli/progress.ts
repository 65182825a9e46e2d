import type { Progress } from './command.ts';

const BAR_WIDTH = 24;
const TERMINAL_REDRAW_MS = 100;
const PLAIN_LINE_MS = 5_000;

/**
 * Shows progress on standard error: one line redrawn in place on a terminal, a plain line now and then elsewhere.
 * @returns the receiver, and `end` that leaves the terminal clean.
 */
export function progressLine(
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'> & { write(text: string): unknown },
): { show(progress: Progress): void; end(): void } {
  let last = 0;
  let drawn = false;
  return {
    show(progress) {
      const now = performance.now();
      if (now - last < (stream.isTTY ? TERMINAL_REDRAW_MS : PLAIN_LINE_MS)) return;
      last = now;
      const share = progress.total > 0 ? Math.min(1, progress.done / progress.total) : 0;
      if (!stream.isTTY) {
        stream.write(`${Math.floor(share * 100)}% ${progress.text}\n`);
        return;
      }
      const filled = Math.round(share * BAR_WIDTH);
      const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
      const line = `${bar} ${String(Math.floor(share * 100)).padStart(3)}% ${progress.text}`;
      stream.write(`\r\x1b[2K${line.slice(0, (stream.columns ?? 80) - 1)}`);
      drawn = true;
    },
    end() {
      if (drawn) stream.write('\r\x1b[2K');
    },
  };
}
