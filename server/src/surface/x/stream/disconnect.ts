import { body } from '../answer/body.ts';
import type { ReadResult } from '../operation.ts';

/** X's answer to ending connections: one result each. @param missing ids that no open connection of the app has. */
export function disconnectAnswer(ended: readonly string[], missing: readonly string[] = []): ReadResult {
  const results = [
    ...ended.map((uuid) => ({ uuid, success: true })),
    ...missing.map((uuid) => ({ uuid, success: false, error_message: 'There is no such open connection.' })),
  ];
  const data = {
    successful_kills: ended.length,
    failed_kills: missing.length,
    results: results.length > 0 ? results : undefined,
  };
  const text = body({ data: JSON.stringify(data) });
  return { groups: [], present: () => text };
}
