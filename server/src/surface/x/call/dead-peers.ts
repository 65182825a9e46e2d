import { readFile } from 'node:fs/promises';
import { isIPv6, type Socket, SocketAddress } from 'node:net';

/** Every keep-alive of a stream is looked for once. */
const EVERY_MS = 15_000;
/** A peer that acknowledged nothing of what was sent for so long is gone. The system itself gives up after 15 minutes. */
const SILENT_MS = 45_000;
const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];

/** Ends the sockets of peers that vanished without a word: a cable that was cut, a machine that lost its power. */
export type DeadPeers = { watch(socket: Socket): void; close(): void };

type Watched = { socket: Socket; key: string; most: number; since: number | undefined };

/**
 * Linux tells in /proc how many bytes of a connection are on their way (tx_queue): sent, and not acknowledged. Where they
 * stay so, the socket is ended. Elsewhere only the system's own limit holds.
 * @param options for tests.
 */
export function watchDeadPeers(options: { everyMs?: number; silentMs?: number } = {}): DeadPeers {
  const { everyMs = EVERY_MS, silentMs = SILENT_MS } = options;
  const watched = new Set<Watched>();
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    const unacknowledged = parseTables(await readTables());
    const now = performance.now();
    for (const one of watched) {
      const bytes = unacknowledged.get(one.key) ?? 0;
      // What was sent and arrived; with TLS not to the byte, but it grows just so.
      const arrived = one.socket.bytesWritten - one.socket.writableLength - bytes;
      if (bytes === 0 || arrived > one.most) {
        one.most = Math.max(one.most, arrived);
        one.since = undefined;
      } else {
        one.since ??= now;
        if (now - one.since >= silentMs) one.socket.destroy();
      }
    }
  }

  function schedule(): void {
    if (timer || watched.size === 0) return;
    timer = setTimeout(() => {
      look().finally(() => {
        timer = undefined;
        schedule();
      });
    }, everyMs);
    timer.unref();
  }

  return {
    watch(socket) {
      const { localAddress, localPort, remoteAddress, remotePort } = socket;
      if (process.platform !== 'linux' || !localAddress || !remoteAddress) return;
      const key = `${addressOf(localAddress)} ${localPort} ${addressOf(remoteAddress)} ${remotePort}`;
      const one = { socket, key, most: 0, since: undefined };
      watched.add(one);
      socket.once('close', () => watched.delete(one));
      schedule();
    },
    close() {
      clearTimeout(timer);
      watched.clear();
    },
  };
}

/** Without /proc nobody is ended by it. */
async function readTables(): Promise<string> {
  const texts = await Promise.all(TABLES.map((file) => readFile(file, 'latin1').catch(() => '')));
  return texts.join('');
}

const ROW = /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]+):([0-9A-F]{4}) 01 (?!00000000)([0-9A-F]{8}):/gm;

/** Unacknowledged bytes of established connections (proc(5), net/tcp). @returns by `address port address port`. */
export function parseTables(text: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const [, local = '', localPort = '', remote = '', remotePort = '', queue = ''] of text.matchAll(ROW)) {
    const [here, there] = [Number.parseInt(localPort, 16), Number.parseInt(remotePort, 16)];
    found.set(`${fromHex(local)} ${here} ${fromHex(remote)} ${there}`, Number.parseInt(queue, 16));
  }
  return found;
}

/** Words of four bytes, each in the order of the machine (all that Node runs on are little-endian). */
function fromHex(hex: string): string {
  const bytes = hex
    .match(/.{8}/g)!
    .flatMap((word) => word.match(/../g)!.reverse())
    .map((byte) => Number.parseInt(byte, 16));
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, at) =>
    ((bytes[2 * at]! << 8) | bytes[2 * at + 1]!).toString(16),
  );
  return addressOf(groups.join(':'));
}

/** One way to write each address; an IPv4 address inside IPv6 is an IPv4 address. */
function addressOf(address: string): string {
  if (!isIPv6(address)) return address;
  const plain = new SocketAddress({ address: address.split('%')[0], family: 'ipv6' }).address;
  return plain.startsWith('::ffff:') && plain.includes('.') ? plain.slice('::ffff:'.length) : plain;
}
