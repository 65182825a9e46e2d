import assert from 'node:assert/strict';
import type { Reply } from './api.ts';

/** What every refusal by the network looks like. */
export function forbidden(reply: Reply, reason: string, detail?: string): void {
  assert.equal(reply.status, 403, reply.text);
  assert.deepEqual(
    [reply.json.title, reply.json.type, reply.json.reason],
    ['Forbidden', 'about:blank', reason],
  );
  if (detail !== undefined) assert.equal(reply.json.detail, detail);
}
