import { CONFIG_FILE_NAME } from '../../config-file.ts';
import type { CliCommand } from './command.ts';

/** Flags that many commands share, in commander's notation. */
export function commonOptions(command: CliCommand): (readonly [flags: string, description: string])[] {
  const servesFolder = command.place === 'here' && command.servesFolder === true;
  const opensFolder = command.place === 'folder' || servesFolder;
  const makesFolder = command.place === 'folder' ? command.makesFolder === true : servesFolder;
  return [
    [
      '--data <dir>',
      'data folder (default: PARLEY_DATA, the configuration file, the running server of this directory, ./data)',
    ],
    [
      '--config <file>',
      `configuration file (default ${CONFIG_FILE_NAME} in the working directory, or PARLEY_CONFIG)`,
    ],
    ...(opensFolder
      ? [
          [
            '--master-key-file <file>',
            'file with the key that seals the secrets of the folder (or PARLEY_MASTER_KEY_FILE)',
          ] as const,
        ]
      : []),
    ...(makesFolder
      ? [
          ['--create', 'make a second platform without a question'] as const,
          ['--force', 'make the data folder among other files'] as const,
        ]
      : []),
    ['--json', 'print one JSON document on standard output'],
  ];
}

/** All long flags of a command, without dashes. */
export function flagNames(command: CliCommand): string[] {
  return [...(command.options ?? []), ...commonOptions(command)].map(
    ([flags]) => /--([a-z-]+)/.exec(flags)?.[1] ?? '',
  );
}
