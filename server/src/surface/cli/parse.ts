import { readFileSync } from 'node:fs';
import { CommanderError, Command as Program } from 'commander';
import { type CliCommand, type Host, type Input, UsageError } from './command.ts';
import { commonOptions } from './common-options.ts';

export type Chosen = { command: CliCommand; input: Input };

/**
 * Finds the command that was typed, with its arguments and flags.
 * @returns undefined when help or the version was asked for and printed.
 * @throws UsageError that says what is wrong and where the help is.
 */
export async function parse(
  argv: readonly string[],
  commands: readonly CliCommand[],
  host: Host,
): Promise<Chosen | undefined> {
  let chosen: Chosen | undefined;
  const program = new Program('parley')
    .description('Opens a platform’s posts on its own terms, with a count that neither side can alter.')
    .version(version())
    // Subcommands take these over when they are made.
    .exitOverride()
    .configureOutput({
      writeOut: (text) => host.stdout.write(text),
      writeErr: () => {},
      outputError: () => {},
    });
  const groups = new Map<string, Program>();
  for (const command of commands) {
    const words = command.name.split(' ');
    let parent = program;
    if (words.length === 2) {
      const [group = ''] = words;
      parent = groups.get(group) ?? program.command(group).description(wordsOf(group, commands));
      groups.set(group, parent);
    }
    const one = parent.command(`${words.at(-1)} ${command.args ?? ''}`.trim()).description(command.summary);
    for (const [flags, description] of [...(command.options ?? []), ...commonOptions(command)])
      one.option(flags, description);
    one.action((...given: unknown[]) => {
      chosen = { command, input: inputOf(given, host) };
    });
  }
  if (argv.length === 0) host.stderr.write(program.helpInformation());
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return chosen;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw new UsageError(complaint(error, argv, commands, groups), { cause: error });
  }
}

/** Commander hands an action its arguments, then the options, then the command. */
function inputOf(given: unknown[], host: Host): Input {
  const options = given[given.length - 2] as Input['options'];
  const args = given
    .slice(0, -2)
    .flat()
    .filter((word) => word !== undefined)
    .map(String);
  return { args, options, cwd: host.cwd() };
}

function complaint(
  error: CommanderError,
  argv: readonly string[],
  commands: readonly CliCommand[],
  groups: ReadonlyMap<string, unknown>,
): string {
  const named = commands.find(({ name }) => argv.slice(0, name.split(' ').length).join(' ') === name)?.name;
  const [first = ''] = argv;
  const place = named ?? (groups.has(first) ? first : undefined);
  const help = ['parley', ...(place === undefined ? [] : [place]), '--help'].join(' ');
  // Commander's way to say that a command has to follow is to print the help.
  const said =
    error.code === 'commander.help'
      ? place === undefined
        ? 'no command was given'
        : `"${place}" needs a second word: ${wordsOf(place, commands)}`
      : error.message.replace(/^error: /, '').replace(/\.$/, '');
  return `${said.replace(/\s*\n\s*/g, ' ')}. See: ${help}`;
}

/** The second words of a group's commands, as its line in the help. */
function wordsOf(group: string, commands: readonly CliCommand[]): string {
  return commands
    .filter((command) => command.name.startsWith(`${group} `))
    .map((command) => command.name.slice(group.length + 1))
    .join(', ');
}

function version(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
