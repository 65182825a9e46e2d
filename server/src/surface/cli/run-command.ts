import { controlAddress, FolderBusy, isFolder } from '#datafolder/folder';
import {
  type CliCommand,
  CommandError,
  type FolderCommand,
  type Host,
  type Input,
  type Surroundings,
} from './command.ts';
import { askOwner } from './control.ts';
import { admitFolder, noteFolder, settingsOf } from './data-folder.ts';
import { EXIT } from './failure.ts';
import { progressLine } from './progress.ts';
import { questions } from './question.ts';
import { plain } from './table.ts';

/** How long a command waits for an owner that holds the lock but does not listen yet. */
const OWNER_WAIT_MS = 10_000;
const OWNER_RETRY_MS = 100;

/** Runs a command and prints its result. @returns the exit code. @throws what went wrong. */
export async function runCommand(command: CliCommand, input: Input, host: Host): Promise<number> {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  // A reader that went away (`| head`) ends a command like Ctrl-C; lost complaints must not take a server down.
  host.stdout.on('error', interrupt);
  host.stderr.on('error', () => {});
  const line = progressLine(host.stderr);
  const around: Surroundings = {
    progress: line.show,
    signal: stop.signal,
    env: host.env,
    ask: questions(host, stop.signal),
  };
  try {
    const result =
      command.place === 'here'
        ? await command.run(input, around)
        : await runOnFolder(command, input, around, host);
    line.end();
    if (result !== undefined) {
      const text = input.options.json ? JSON.stringify(result) : command.show(result as never);
      if (text !== '') host.stdout.write(`${text}\n`);
    }
    return command.failed?.(result as never) ? EXIT.failed : EXIT.done;
  } finally {
    line.end();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

/** Runs where the folder's owner is: in the server if one runs, here otherwise. */
async function runOnFolder(
  command: FolderCommand,
  input: Input,
  around: Surroundings,
  host: Host,
): Promise<unknown> {
  const settings = await settingsOf(input, around);
  const { config } = settings;
  const { data } = config;
  const deadline = performance.now() + OWNER_WAIT_MS;
  for (;;) {
    const answer = await askOwner(controlAddress(data), command.name, input, around.progress, around.signal);
    if (answer) return answer.result;
    await admitFolder(settings, input, around, command.makesFolder ? 'may-begin' : 'needs');
    const isNew = !isFolder(data);
    try {
      const { openParley } = await import('../../main.ts');
      const parley = await openParley(config);
      try {
        if (isNew) {
          noteFolder(input, around, data);
          host.stderr.write(`${plain(data)} is a new platform's data folder.\n`);
        }
        return await command.run(parley, input, around);
      } finally {
        await parley.close();
      }
    } catch (error) {
      if (!(error instanceof FolderBusy)) throw error;
      if (performance.now() > deadline) throw new CommandError(error.message, { cause: error });
      await new Promise((retry) => setTimeout(retry, OWNER_RETRY_MS));
    }
  }
}
