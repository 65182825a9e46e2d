import { ConfigError } from '../../config.ts';
import { type Host, UsageError } from './command.ts';
import { plain } from './table.ts';

export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/**
 * Says on standard error, in one line, what went wrong; with `--json` on standard output too, as one JSON document.
 * @returns the exit code.
 */
export function report(error: unknown, json: boolean, host: Host): number {
  const exit = error instanceof UsageError || error instanceof ConfigError ? EXIT.usage : EXIT.failed;
  const text = error instanceof Error ? error.message : String(error);
  // What went wrong may be told in the words of a file or of a server.
  const message = plain(text.trim().replace(/\s*\n\s*/g, ' '));
  host.stderr.write(`parley: ${message}\n`);
  if (json) host.stdout.write(`${JSON.stringify({ error: { exit, message } })}\n`);
  return exit;
}
