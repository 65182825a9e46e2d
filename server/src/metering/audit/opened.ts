import type { BatchEntry, CallEntry } from '#ledger';
import { OPERATIONS } from '#terms';
import type { Findings } from './findings.ts';

/** Holds each batch against the call that opened its stream: an earlier one, of the same app and operation. */
export type OpenedStreams = { call(entry: CallEntry): void; batch(entry: BatchEntry): void };

/**
 * Only calls that can have opened a stream are remembered: of operations that stream, and which delivered nothing
 * themselves. A plan lets an app open some thousands a day.
 */
export function createOpenedStreams(findings: Findings): OpenedStreams {
  const opened = new Map<number, string>();
  const nameOf = ({ app, operation }: CallEntry | BatchEntry) => `${app} ${operation}`;
  return {
    call(entry) {
      const { index, operation, status, posts, persons } = entry;
      const streams = Object.hasOwn(OPERATIONS, operation) && OPERATIONS[operation]!.stream === true;
      if (streams && status === 200 && posts + persons === 0) opened.set(index, nameOf(entry));
    },
    batch(entry) {
      const { index, app, operation, stream } = entry;
      if (opened.get(stream) === nameOf(entry)) return;
      findings.add({
        kind: 'stream',
        index,
        appId: app,
        operation,
        what: 'A batch names no call before it that opened a stream of its app.',
        found: stream,
      });
    },
  };
}
