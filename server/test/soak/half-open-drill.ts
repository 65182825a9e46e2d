import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import type { ServerProcess } from '../e2e/process.ts';

/** What is sent and then nothing more: not a byte, half a head, an app's head whose body never comes. */
export function plainBeginnings(bearer: string): readonly string[] {
  return [
    '',
    'GET /2/tweets/1 HTTP/1.1\r\nhost: x\r\nauthorization: Bea',
    `POST /2/tweets/search/stream/rules HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${bearer}\r\ncontent-length: 100000\r\n\r\n{"add":`,
  ];
}
/** Before TLS: not a byte, and the beginning of a hello. */
export const SECURE_BEGINNINGS: readonly string[] = ['', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'];
/** Connections begun at once: a burst larger than the backlog would only wait for the kernel. */
const AT_ONCE = 200;
const LOOK_UPS = 100;

export type HalfOpen = {
  /** Memory of the server's process, in MiB, before and while they are open. */
  before: number;
  after: number;
  /** Of look-ups while they are open, milliseconds. */
  slowest: number;
  /** Still open. */
  open(): number;
  /** Resolves when the server has ended the last of them. */
  ended: Promise<void>;
  close(): void;
};

/** @param ask one look-up that must be answered; its time is measured. */
export async function halfOpen(
  { address, child }: ServerProcess,
  connections: number,
  beginnings: readonly string[],
  ask: () => Promise<unknown>,
): Promise<HalfOpen> {
  const { hostname, port } = new URL(address);
  for (let call = 0; call < LOOK_UPS; call += 1) await ask();
  const before = mebibytes(child.pid!);
  const sockets = new Set<Socket>();
  let wake = () => {};
  const ended = new Promise<void>((resolve) => {
    wake = resolve;
  });
  for (let from = 0; from < connections; from += AT_ONCE) {
    const burst = Array.from({ length: Math.min(AT_ONCE, connections - from) }, async (_one, at) => {
      const socket = connect(Number(port), hostname).on('error', () => {});
      await once(socket, 'connect');
      sockets.add(socket);
      socket.on('close', () => {
        sockets.delete(socket);
        if (sockets.size === 0) wake();
      });
      socket.resume();
      socket.write(beginnings[(from + at) % beginnings.length]!, 'latin1');
    });
    await Promise.all(burst);
  }
  let slowest = 0;
  for (let call = 0; call < LOOK_UPS; call += 1) {
    const start = performance.now();
    await ask();
    slowest = Math.max(slowest, performance.now() - start);
  }
  return {
    before,
    after: mebibytes(child.pid!),
    slowest,
    open: () => sockets.size,
    ended,
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Resident memory, as Linux tells it. */
function mebibytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1]) / 1024;
}
