import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CommanderError, Command as Program } from 'commander';
import { controlAddress, FolderBusy, isFolder } from '#engines';
import { ConfigError } from '../config.ts';
import { openParley } from '../main.ts';
import {
  type Command,
  CommandError,
  type FolderCommand,
  type Input,
  type Surroundings,
  UsageError,
} from './command.ts';
import { commands } from './commands.ts';
import { commonOptions, flagNames } from './common-options.ts';
import { askOwner } from './control.ts';
import { admitFolder, noteFolder, settingsOf } from './data-folder.ts';
import { swallowedByNpm } from './npm-flags.ts';
import { progressLine } from './progress.ts';
import { questions } from './question.ts';
import { plain, plainLines } from './table.ts';

const EXIT = { done: 0, failed: 1, usage: 2 } as const;
/** How long a command waits for an owner that holds the lock but does not listen yet. */
const OWNER_WAIT_MS = 10_000;
const OWNER_RETRY_MS = 100;

/** The `parley` program. @returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  let exit: number = EXIT.done;
  const program = new Program('parley')
    .description('Opens a platform’s posts on its own terms, with a count that neither side can alter.')
    .version(version())
    .exitOverride();
  const groups = new Map<string, Program>();
  for (const command of commands) {
    const words = command.name.split(' ');
    let parent = program;
    if (words.length === 2) {
      const [group = ''] = words;
      parent = groups.get(group) ?? program.command(group).description(wordsOf(group)).exitOverride();
      groups.set(group, parent);
    }
    const one = parent
      .command(`${words.at(-1)} ${command.args ?? ''}`.trim())
      .description(command.summary)
      .exitOverride();
    for (const [flags, description] of [...(command.options ?? []), ...commonOptions(command)])
      one.option(flags, description);
    one.action(async (...given: unknown[]) => {
      const options = given[given.length - 2] as Input['options'];
      const args = given
        .slice(0, -2)
        .flat()
        .filter((word) => word !== undefined)
        .map(String);
      exit = await run(command, { args, options, cwd: process.cwd() });
    });
  }
  try {
    const swallowed = swallowedByNpm(
      process.env,
      commands.map((command) => ({ name: command.name, flags: flagNames(command) })),
    );
    if (swallowed) throw new UsageError(swallowed);
    await program.parseAsync([...argv], { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    // What went wrong may be told in the words of a file or of a server.
    process.stderr.write(`parley: ${plainLines(error instanceof Error ? error.message : String(error))}\n`);
    return error instanceof UsageError || error instanceof ConfigError ? EXIT.usage : EXIT.failed;
  }
}

/** The second words of a group's commands, as its line in the help. */
function wordsOf(group: string): string {
  return commands
    .filter((command) => command.name.startsWith(`${group} `))
    .map((command) => command.name.slice(group.length + 1))
    .join(', ');
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

async function run(command: Command, input: Input): Promise<number> {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  // A reader that went away (`| head`) ends a command like Ctrl-C; lost complaints must not take a server down.
  process.stdout.on('error', interrupt);
  process.stderr.on('error', () => {});
  const line = progressLine(process.stderr);
  const around: Surroundings = { progress: line.show, signal: stop.signal, ask: questions(stop.signal) };
  try {
    const result =
      command.place === 'here' ? await command.run(input, around) : await runOnFolder(command, input, around);
    line.end();
    if (result !== undefined) {
      const text = input.options.json ? JSON.stringify(result) : command.show(result as never);
      if (text !== '') process.stdout.write(`${text}\n`);
    }
    return command.failed?.(result as never) ? EXIT.failed : EXIT.done;
  } finally {
    line.end();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

/** Runs where the folder's owner is: in the server if one runs, here otherwise. */
async function runOnFolder(command: FolderCommand, input: Input, around: Surroundings): Promise<unknown> {
  const settings = await settingsOf(input);
  const data = resolve(input.cwd, settings.config.data);
  const deadline = performance.now() + OWNER_WAIT_MS;
  for (;;) {
    const answer = await askOwner(controlAddress(data), command.name, input, around.progress, around.signal);
    if (answer) return answer.result;
    await admitFolder(settings, input, around, command.makesFolder ? 'may-begin' : 'needs');
    const isNew = !isFolder(data);
    try {
      const parley = await openParley({ ...settings.config, data });
      try {
        if (isNew) {
          noteFolder(input, data);
          process.stderr.write(`${plain(data)} is a new platform's data folder.\n`);
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
