import { main } from '../index.ts';

export type Ran = { code: number; stdout: string; stderr: string };

/** Runs the program in this process, at no terminal. @param env all of its environment. */
export async function runMain(
  argv: readonly string[],
  { cwd, env }: { cwd: string; env: Readonly<Record<string, string>> },
): Promise<Ran> {
  const out = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof out) => ({
    isTTY: false as const,
    columns: 80,
    write(text: string) {
      out[name] += text;
    },
    on() {},
  });
  const code = await main(argv, {
    env,
    cwd: () => cwd,
    stdin: { isTTY: false as const },
    stdout: stream('stdout'),
    stderr: stream('stderr'),
  });
  return { code, ...out };
}
