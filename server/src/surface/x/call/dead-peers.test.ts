import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { type TestContext, test } from 'node:test';
import { parseTables, watchDeadPeers } from './dead-peers.ts';

const notLinux = process.platform === 'linux' ? false : 'only Linux has these tables';

/** Both ends of a connection. */
async function pair(t: TestContext, host: string): Promise<{ ours: Socket; theirs: Socket }> {
  const server = createServer();
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as { port: number };
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const theirs = connect(port, host);
  const ours = await accepted;
  t.after(() => {
    ours.destroy();
    theirs.destroy();
  });
  ours.on('error', () => undefined);
  return { ours, theirs };
}

test('the system’s tables are read as it writes them', () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:1F90 0200007F:C350 01 0000001F:00000000 01:00000014 00000000     0        0 2 4 0 20 4 30 10 -1
   2: 0100007F:1F90 0300007F:C351 01 00000000:00000010 00:00000000 00000000     0        0 3 1 0 20 4 30 10 -1
   0: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000500007F:C352 01 00000002:00000000 00:0 0 0 0 4
   1: B80D0120000000000000000001000000:1F90 B80D0120000000000000000002000000:C353 01 000000FF:00000000 00:0 0 0 0 5
`;
  assert.deepEqual(Object.fromEntries(parseTables(table)), {
    '127.0.0.1 8080 127.0.0.2 50000': 31,
    '127.0.0.1 8080 127.0.0.5 50002': 2,
    '2001:db8::1 8080 2001:db8::2 50003': 255,
  });
});

for (const host of ['127.0.0.1', '::1']) {
  test(`a peer at ${host} that acknowledges nothing is ended, one that does is not`, {
    skip: notLinux,
  }, async (t) => {
    if (!Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === host)))
      return t.skip(`${host} is not here`);
    const { ours, theirs } = await pair(t, host);
    const other = await pair(t, host);
    const peers = watchDeadPeers({ everyMs: 20, silentMs: 200 });
    t.after(() => peers.close());
    peers.watch(ours);
    peers.watch(other.ours);
    other.theirs.resume();
    // More than both sides' buffers take: the rest waits for an acknowledgement that does not come.
    theirs.pause();
    ours.write(Buffer.alloc(32 << 20));
    const talking = setInterval(() => other.ours.write('\r\n'), 10);
    t.after(() => clearInterval(talking));
    await new Promise((resolve) => ours.once('close', resolve));
    assert.equal(other.ours.destroyed, false);
  });
}
