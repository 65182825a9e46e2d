import { createInterface } from 'node:readline/promises';

/**
 * Yes-or-no questions at a terminal; only "y" and "yes" mean yes.
 * @param signal ends a question that waits: it then counts as no.
 * @returns undefined where no person reads and types.
 */
export function questions(signal: AbortSignal): ((question: string) => Promise<boolean>) | undefined {
  const { stdin, stderr } = process;
  if (!stdin.isTTY || !stderr.isTTY) return undefined;
  return async (question) => {
    const terminal = createInterface({ input: stdin, output: stderr });
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
