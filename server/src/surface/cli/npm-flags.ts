import type { CliCommand } from './command.ts';

/**
 * Flags that npm took for itself: `npm start --data D` without `--` hands `D` on alone and leaves `npm_config_data` in
 * the environment.
 * @returns what to type instead; undefined when npm took none, or did not start this process.
 */
export function swallowedByNpm(
  env: Record<string, string | undefined>,
  commands: readonly (Pick<CliCommand, 'name'> & { flags: readonly string[] })[],
): string | undefined {
  const script = env.npm_lifecycle_event;
  if (!env.npm_lifecycle_script?.includes('bin/parley.js')) return undefined;
  const command = commands.find(({ name }) => name === script);
  const taken = command?.flags.find((flag) => env[`npm_config_${flag.replaceAll('-', '_')}`] !== undefined);
  if (taken === undefined) return undefined;
  const run = script === 'start' ? 'npm start' : `npm run ${script}`;
  return `npm kept --${taken} for itself. Put -- before the flags of Parley: ${run} -- --${taken} …`;
}
