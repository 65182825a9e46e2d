import { systemClock } from '#kernel';
import { openOperators } from './operator.ts';
import { openPersons, type PersonsOptions } from './persons.ts';
import type { Access } from './port.ts';

/**
 * Opens access for a data folder.
 * @param options `file` is `access.db`, `logOf` the log that a licensee's token may read; `persons` as `openPersons` says.
 *   What belongs to modules that stand below (apps, keys, persons' accounts) is asked of functions handed in here.
 */
export async function openAccess(
  options: Parameters<typeof openOperators>[0] & { persons: Omit<PersonsOptions, 'clock'> },
): Promise<Access> {
  const { clock = systemClock } = options;
  const persons = openPersons({ ...options.persons, clock });
  try {
    const operators = await openOperators(options);
    return {
      ...operators,
      tokens: persons.tokens,
      persons,
      async close() {
        persons.close();
        await operators.close();
      },
    };
  } catch (error) {
    persons.close();
    throw error;
  }
}
