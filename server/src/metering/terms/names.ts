import { NAME_LENGTH_MAX } from '#kernel';

/** For ` app` and a number below `APPS_MAX`. */
const APP_NAME_ROOM = 10;

/** `<licensee> app`, with a number from 2 on where that is taken. */
export function defaultAppName(licensee: string, isTaken: (name: string) => boolean): string {
  const first = `${licensee.slice(0, NAME_LENGTH_MAX - APP_NAME_ROOM)} app`;
  let name = first;
  for (let number = 2; isTaken(name); number += 1) name = `${first} ${number}`;
  return name;
}
