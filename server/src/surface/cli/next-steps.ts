/** A word as a POSIX shell takes it for one word, whatever is in it. */
function shellWord(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * What to type after a first start, in another terminal: from an empty folder to a first reply.
 * @param data the folder as a person would name it from here.
 */
export function nextSteps(data: string): string[] {
  const folder = `--data ${shellWord(data)}`;
  return [
    `npx parley sample ${folder}    # or your own files: npx parley import FILE… ${folder}`,
    `npx parley licensee add "Example Ads" ${folder}`,
    `npx parley app add --licensee "Example Ads" --plan basic ${folder}    # prints the token of the API`,
  ];
}
