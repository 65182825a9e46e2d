import { type ChildProcess, fork } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import type { Ready, Told } from './server.ts';

const SECONDS = 8;

/**
 * Opens so many streams on a server in a process of its own and takes what comes. Latency is from the moment before the
 * post was handed to the writer until its line was read here, so the store's and the ledger's disk are in it.
 */
export async function measureOpenStreams(streams: number, deliveriesPerSecond: number) {
  const server = fork(new URL('./server.ts', import.meta.url));
  try {
    const { address, token } = (await told(server, (one) => 'address' in one)) as Ready;
    const times: number[] = [];
    const sockets = await Promise.all(
      Array.from({ length: streams }, () =>
        openOne(new URL(address), token, (sentAt) => times.push(Date.now() - sentAt)),
      ),
    );
    const before = await cpuOf(server);
    const began = performance.now();
    const done = told(server, (one) => 'done' in one);
    server.send({ postsPerSecond: deliveriesPerSecond / streams, seconds: SECONDS });
    await done;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const seconds = (performance.now() - began) / 1000 - 1;
    const cpu = (await cpuOf(server)) - before;
    for (const socket of sockets) socket.destroy();
    times.sort((a, b) => a - b);
    const quantile = (part: number) => times[Math.floor(times.length * part)] ?? Number.NaN;
    return {
      streams,
      deliveriesPerSecond: Math.round(times.length / seconds),
      p50Millis: quantile(0.5),
      p99Millis: quantile(0.99),
      maxMillis: times.at(-1) ?? Number.NaN,
      serverCores: Number((cpu / 1e6 / seconds).toFixed(2)),
    };
  } finally {
    server.kill();
  }
}

function told(server: ChildProcess, wanted: (one: Told) => boolean): Promise<Told> {
  return new Promise((resolve, reject) => {
    const hear = (one: Told) => {
      if (!wanted(one)) return;
      server.off('message', hear);
      resolve(one);
    };
    server.on('message', hear);
    server.once('exit', () => reject(new Error('the server ended')));
  });
}

async function cpuOf(server: ChildProcess): Promise<number> {
  const answer = told(server, (one) => 'cpu' in one);
  server.send('cpu');
  const { cpu } = (await answer) as { cpu: NodeJS.CpuUsage };
  return cpu.user + cpu.system;
}

/** A bare socket: a client library's own work would be measured with it. Resolves when the head was read. */
function openOne({ hostname, port }: URL, token: string, heard: (sentAt: number) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(
        `GET /2/tweets/search/stream HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${token}\r\n\r\n`,
      ),
    );
    let rest = '';
    socket.setEncoding('utf8');
    socket.on('error', reject);
    socket.on('data', (chunk: string) => {
      if (rest === '' && chunk.startsWith('HTTP/1.1')) {
        if (!chunk.startsWith('HTTP/1.1 200')) return reject(new Error(chunk.slice(0, 300)));
        resolve(socket);
      }
      const text = rest + chunk;
      const end = text.lastIndexOf('\n');
      for (const match of text.slice(0, end + 1).matchAll(/"text":"coffee (\d+)/g)) heard(Number(match[1]));
      rest = text.slice(end + 1);
    });
  });
}
