import { Problem } from '#kernel';

/** One entry of a 400's `errors`, in X's shape: the values that were wrong, and why. */
export type Invalid = { parameters: Record<string, string[]>; message: string };

/** A computed key is an own property whatever its name, `__proto__` included. */
export function invalid(parameter: string, values: readonly string[], message: string): Invalid {
  return { parameters: { [parameter]: [...values] }, message };
}

/** X answers with every mistake at once; beyond this many nobody reads on. */
export const INVALID_MAX = 100;

export function invalidRequest(errors: readonly Invalid[]): Problem {
  return new Problem('invalid-request', { errors: errors.slice(0, INVALID_MAX) });
}

/** X writes the times of its messages to the minute: `2026-11-14T10:00Z`. @param ms Unix milliseconds. */
export function minuteOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16)}Z`;
}
