import { Problem } from './problem.ts';

/** Of a licensee, an app or an operator. */
export const NAME_LENGTH_MAX = 200;

/** A name as it is kept: trimmed. @throws Problem `body-invalid` for one that is empty, too long or holds control characters. */
export function checkName(name: string, what: string): string {
  const trimmed = name.trim();
  if (
    trimmed === '' ||
    trimmed.length > NAME_LENGTH_MAX ||
    !trimmed.isWellFormed() ||
    /[\u0000-\u001f\u007f]/.test(trimmed)
  ) {
    throw new Problem('body-invalid', {
      detail: `The name of ${what} is 1 to ${NAME_LENGTH_MAX} characters.`,
    });
  }
  return trimmed;
}

/** True for two names that people would take for one: neither case nor the form of accents counts. */
export function isSameName(one: string, other: string): boolean {
  return one.normalize('NFC').toLowerCase() === other.normalize('NFC').toLowerCase();
}
