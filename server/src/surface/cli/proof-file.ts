import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes evidence where the person stands, never into the folder that is under suspicion.
 * @param log names the file; whatever it holds, the file stays in `cwd`. @returns its path
 */
export function writeProof(
  cwd: string,
  kind: 'fraud-proof' | 'fork-proof',
  log: string,
  proof: object,
): string {
  const file = join(cwd, `${kind}-${log.replace(/[^a-z0-9-]/gi, '_').slice(0, 64)}.json`);
  writeFileSync(file, `${JSON.stringify(proof, null, 2)}\n`);
  return file;
}
