import { type App, DIALECT_SETTINGS, OPERATOR } from '#terms/port';
import { type FolderCommand, type Input, required, text, UsageError } from './command.ts';
import { appNamed } from './named.ts';

/** Of `app add` and `app set`. */
export const DIALECT_OPTION = [
  '--dialect <name>',
  'field names in answers: classic (tweet_count), current (post_count), or auto: by each request (default)',
] as const;

/** What `--dialect` says; undefined when it was not given. */
export function dialectOption(input: Input): string | undefined {
  const dialect = text(input, 'dialect');
  if (dialect !== undefined && !DIALECT_SETTINGS.some((one) => one === dialect))
    throw new UsageError(`--dialect takes ${DIALECT_SETTINGS.join(', ')}, not "${dialect}".`);
  return dialect;
}

type Set = Pick<App, 'appId' | 'name' | 'dialect'>;

export const appSet: FolderCommand = {
  place: 'folder',
  name: 'app set',
  summary: 'change how an app is answered; in force from the next call',
  args: '<app>',
  options: [DIALECT_OPTION],
  async run(parley, input): Promise<Set> {
    dialectOption(input);
    const change = { dialect: required(input, 'dialect') };
    const { appId } = appNamed(parley, input.args[0] ?? '');
    const { name, dialect } = await parley.terms.setApp(OPERATOR, appId, change);
    return { appId, name, dialect };
  },
  show: ({ appId, dialect }: Set) => `app ${appId} is answered in dialect ${dialect}.`,
};
