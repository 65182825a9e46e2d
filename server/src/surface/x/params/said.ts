import type { Dialect } from '../vocabulary.ts';
import type { Parameters, Words } from './parameter.ts';

/**
 * The dialect that a request's words show; undefined when both dialects write all of them alike. The name of a list of
 * fields (`tweet.fields`, `post.fields`) is the plainest sign; among the words, a current one outweighs classic ones.
 */
export function saidDialect(
  declared: Parameters,
  values: Readonly<Record<string, unknown>>,
): Dialect | undefined {
  let said: Dialect | undefined;
  for (const [as, parameter] of Object.entries(declared)) {
    if (parameter.kind !== 'words') continue;
    const { dialect } = (values[as] as Words | undefined) ?? {};
    if (dialect === undefined) continue;
    if (parameter.also) return dialect;
    if (said !== 'current') said = dialect;
  }
  return said;
}
