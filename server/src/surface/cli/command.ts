import type { Parley } from '../../main.ts';

/** What a person typed: plain data, so that it can travel to the process that owns the folder. */
export type Input = {
  args: string[];
  options: Record<string, string | boolean | undefined>;
  /** Where relative file names start. */
  cwd: string;
};

/** How far long work has come. `done` and `total` share one unit; `text` is a finished sentence. */
export type Progress = { done: number; total: number; text: string };

export type Surroundings = {
  progress(progress: Progress): void;
  signal: AbortSignal;
  /** Environment of the process that the command was typed in; `process.env` unless given. It travels to no server. */
  env?: CliEnvironment;
  /** Asks the person a yes-or-no question; there only on a terminal. */
  ask?(question: string): Promise<boolean>;
};

export type CliEnvironment = Readonly<Record<string, string | undefined>>;

type Output = Pick<NodeJS.WriteStream, 'isTTY' | 'columns'> & {
  write(text: string): unknown;
  on(event: 'error', heard: () => void): unknown;
};

/** The process that the program runs in. */
export type Host = {
  env: CliEnvironment;
  /** @throws CommandError when the working directory is gone. */
  cwd(): string;
  stdin: Pick<NodeJS.ReadStream, 'isTTY'>;
  stdout: Output;
  stderr: Output;
};

type Common = {
  /** Words as typed: `licensee add`. */
  name: string;
  summary: string;
  /** Positional arguments in commander's notation: `<name>`, `<file...>`, `[dir]`. */
  args?: string;
  /** Flags in commander's notation with a description. Those of `commonOptions` come on top. */
  options?: readonly (readonly [flags: string, description: string])[];
  /** The result as text for a person. With `--json` the result itself is printed. */
  show(result: never): string;
  /** True when the work was done and its answer is no (exit code 1). */
  failed?(result: never): boolean;
};

/** A command over a data folder: runs in the process that owns it, the server or this one. */
export type FolderCommand = Common & {
  place: 'folder';
  /** Where there is no data folder yet, this command makes one; others say so, for a name may be mistyped. */
  makesFolder?: true;
  run(parley: Parley, input: Input, around: Surroundings): Promise<unknown>;
};

/** A command that needs no ownership: reads files or an address. */
export type LocalCommand = Common & {
  place: 'here';
  /** It opens a data folder in this process, or makes one. */
  servesFolder?: true;
  run(input: Input, around: Surroundings): Promise<unknown>;
};

export type CliCommand = FolderCommand | LocalCommand;

/** The person typed something that cannot be: exit code 2. */
export class UsageError extends Error {}

/** The work could not be done: exit code 1. The message says what to do. */
export class CommandError extends Error {}

/** The flag as it is typed: `spendingLimit` → `--spending-limit`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** A text option; undefined when not given. */
export function text(input: Input, name: string): string | undefined {
  const value = input.options[name];
  return typeof value === 'string' ? value : undefined;
}

/** A text option that has to be there. */
export function required(input: Input, name: string): string {
  const value = text(input, name);
  if (value === undefined || value === '') throw new UsageError(`${flagOf(name)} is missing.`);
  return value;
}

/** A whole number option within bounds. */
export function wholeNumber(input: Input, name: string, min: number, max: number): number | undefined {
  const value = text(input, name);
  if (value === undefined) return undefined;
  if (!/^\d{1,15}$/.test(value) || Number(value) < min || Number(value) > max) {
    throw new UsageError(`${flagOf(name)} takes a whole number from ${min} to ${max}, not "${value}".`);
  }
  return Number(value);
}

/** A comma-separated option as a list without blanks. */
export function list(input: Input, name: string): string[] | undefined {
  const value = text(input, name);
  return value
    ?.split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
