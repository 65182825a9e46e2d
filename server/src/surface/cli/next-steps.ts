/** A word as a POSIX shell takes it for one word, whatever is in it. */
function shellWord(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * What to type after a first start, in another terminal: from an empty folder to a first reply.
 * @param data the folder as a person would name it from here.
 * @param masterKeyFile where the start was told that its key is; without it, where every command looks anyway. While the
 * server runs it needs none, but the same lines are typed when it does not.
 */
export function nextSteps(data: string, masterKeyFile?: string): string[] {
  const key = masterKeyFile === undefined ? '' : ` --master-key-file ${shellWord(masterKeyFile)}`;
  const folder = `--data ${shellWord(data)}${key}`;
  return [
    `npx parley sample ${folder}    # or your own files: npx parley import FILE… ${folder}`,
    `npx parley licensee add "Example Ads" ${folder}`,
    `npx parley app add --licensee "Example Ads" --plan basic ${folder}    # prints the token of the API`,
  ];
}
