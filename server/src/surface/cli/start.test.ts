import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readConfig } from '../../config.ts';
import { CommandError } from './command.ts';
import { startServer } from './serve-folder.ts';

test('who cannot listen is told why and what to do, and the first token is still to come', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-start-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.after(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const config = (flags: { host?: string; port: string }) =>
    readConfig({ data: join(dir, 'data'), ...flags }, { PARLEY_MASTER_KEY_FILE: join(dir, 'master.key') });
  const refused = (flags: { host?: string; port: string }, says: RegExp) =>
    assert.rejects(startServer(config(flags)), (error: Error) => {
      assert.ok(error instanceof CommandError);
      assert.match(error.message, says);
      return true;
    });
  await refused({ port: String(port) }, new RegExp(`port ${port} of 127.0.0.1: another program .*--port`));
  // Of TEST-NET-1 (RFC 5737), which no machine has.
  await refused({ host: '192.0.2.1', port: '0' }, /no such address.*--host/);

  assert.deepEqual(readdirSync(dir), [], 'neither a folder nor a key was made');

  const started = await startServer(config({ port: '0' }));
  assert.match(started.token ?? '', /^parley_operator_/);
  await started.close();
});
