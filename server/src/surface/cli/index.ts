import { type CliCommand, CommandError, type Host, UsageError } from './command.ts';
import { flagNames } from './common-options.ts';
import { EXIT, report } from './failure.ts';
import { loaders } from './loaders.ts';
import { swallowedByNpm } from './npm-flags.ts';
import { parse } from './parse.ts';
import { runCommand } from './run-command.ts';

/**
 * The `parley` program.
 * @param host the process that it runs in; another one in tests.
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage.
 */
export async function main(argv: readonly string[], host: Host = thisProcess()): Promise<number> {
  try {
    const commands = await commandsFor(argv);
    const swallowed = swallowedByNpm(
      host.env,
      commands.map((command) => ({ name: command.name, flags: flagNames(command) })),
    );
    if (swallowed) throw new UsageError(swallowed);
    const chosen = await parse(argv, commands, host);
    return chosen ? await runCommand(chosen.command, chosen.input, host) : EXIT.done;
  } catch (error) {
    return report(error, argv.includes('--json'), host);
  }
}

/** The command that the first words name; all of them for help, or where none is named. */
async function commandsFor(argv: readonly string[]): Promise<readonly CliCommand[]> {
  for (const name of [argv[0], argv.slice(0, 2).join(' ')]) {
    if (name !== undefined && isCommand(name)) return [await loaders[name]()];
  }
  return (await import('./commands.ts')).commands;
}

function isCommand(name: string): name is keyof typeof loaders {
  return Object.hasOwn(loaders, name);
}

function thisProcess(): Host {
  const { env, stdin, stdout, stderr } = process;
  // A folder that was removed under a shell has no name.
  const cwd = () => {
    try {
      return process.cwd();
    } catch (cause) {
      throw new CommandError('the working directory is gone: change to one that is there.', { cause });
    }
  };
  return { env, cwd, stdin, stdout, stderr };
}
