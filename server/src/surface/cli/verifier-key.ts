import { NoteError, parseVerifierKey } from '#ledger/verify';
import { type Input, required, text, UsageError } from './command.ts';

/** The flag `--key`, if given. A key that was typed wrongly is the typist's matter, and no evidence against a log. */
export function verifierKey(input: Input): string | undefined {
  return text(input, 'key') === undefined ? undefined : requiredVerifierKey(input);
}

export function requiredVerifierKey(input: Input): string {
  const vkey = required(input, 'key');
  try {
    parseVerifierKey(vkey);
    return vkey;
  } catch (cause) {
    if (!(cause instanceof NoteError)) throw cause;
    throw new UsageError(`--key: ${cause.message}. Give the line that \`parley licensee add\` printed.`, {
      cause,
    });
  }
}
