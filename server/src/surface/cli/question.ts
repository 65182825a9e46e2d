import type { Host } from './command.ts';

/**
 * Yes-or-no questions at a terminal; only "y" and "yes" mean yes.
 * @param signal ends a question that waits: it then counts as no.
 * @returns undefined where no person reads and types.
 */
export function questions(
  { stdin, stderr }: Pick<Host, 'stdin' | 'stderr'>,
  signal: AbortSignal,
): ((question: string) => Promise<boolean>) | undefined {
  if (!stdin.isTTY || !stderr.isTTY) return undefined;
  return async (question) => {
    const { createInterface } = await import('node:readline/promises');
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      const answer = await terminal.question(`${question} [y/N] `, { signal });
      return /^y(es)?$/i.test(answer.trim());
    } catch {
      return false;
    } finally {
      terminal.close();
    }
  };
}
