import { Problem } from '#kernel';

const NAME_LENGTH_MAX = 200;
/** For ` app` and a number below `APPS_MAX`. */
const APP_NAME_ROOM = 10;

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

/** Two names that people would take for one. */
export function isSameName(one: string, other: string): boolean {
  return one.normalize('NFC').toLowerCase() === other.normalize('NFC').toLowerCase();
}

/** `<licensee> app`, with a number from 2 on where that is taken. */
export function defaultAppName(licensee: string, isTaken: (name: string) => boolean): string {
  const first = `${licensee.slice(0, NAME_LENGTH_MAX - APP_NAME_ROOM)} app`;
  let name = first;
  for (let number = 2; isTaken(name); number += 1) name = `${first} ${number}`;
  return name;
}
