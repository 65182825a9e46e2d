import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const PROGRAM = fileURLToPath(new URL('../../bin/parley.js', import.meta.url));

export type ServerProcess = {
  address: string;
  /** The first operator's token, where this start made the folder. */
  operatorToken: string | null;
  child: ChildProcess;
  /** What it wrote on standard error so far. */
  complaints(): string;
  /** Stops as an operator does. @returns the exit code. */
  stop(): Promise<number | null>;
  /** As a power cut would, for the process. */
  kill(): Promise<void>;
};

/**
 * Starts a real server as a process of its own on a free port.
 * @param dir holds the data folder and the master key.
 * @param flags beside those of every start.
 */
export async function startProcess(dir: string, flags: readonly string[] = []): Promise<ServerProcess> {
  const child = spawn(
    process.execPath,
    [PROGRAM, 'start', '--port', '0', '--json', '--data', join(dir, 'data'), ...flags],
    {
      env: environment(dir),
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: dir,
    },
  );
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const exited = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    const { address, operatorToken } = JSON.parse(line);
    return {
      address,
      operatorToken,
      child,
      complaints: () => complaint,
      async stop() {
        child.kill('SIGTERM');
        return (await exited)[0];
      },
      async kill() {
        child.kill('SIGKILL');
        await exited;
      },
    };
  }
  await exited;
  throw new Error(`the server did not start: ${complaint}`);
}

export type CommandResult = { code: number | null; stdout: string; stderr: string };

/** The caller's environment, with the master key and what is remembered between commands in `dir`. */
function environment(dir: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PARLEY_MASTER_KEY_FILE: join(dir, 'master.key'),
    XDG_STATE_HOME: join(dir, 'state'),
  };
}

/**
 * Runs one command line of the program to its end, with `dir` as its working directory.
 * @param env what is other than usual; the data folder is `dir/data` unless it says otherwise.
 */
export async function parley(
  dir: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = { PARLEY_DATA: join(dir, 'data') },
): Promise<CommandResult> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { ...environment(dir), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: dir,
  });
  const out = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    out.stderr += text;
  });
  const [code] = await once(child, 'close');
  return { code, ...out };
}

/** As `parley`, with `--json`; throws when the command fails. */
export async function parleyJson<Result>(dir: string, args: readonly string[]): Promise<Result> {
  const { code, stdout, stderr } = await parley(dir, [...args, '--json']);
  if (code !== 0)
    throw new Error(`parley ${args.join(' ')} exited with ${code}: ${stderr}${stdout.slice(0, 2_000)}`);
  return JSON.parse(stdout);
}
