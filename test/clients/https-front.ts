import { Agent } from 'node:https';
import { connect as connectTcp } from 'node:net';
import type { TestContext } from 'node:test';
import { connect as connectTls, createServer } from 'node:tls';
import { generate } from 'selfsigned';

/** The hosts that X's clients speak to. */
export const X_HOSTS = [
  'api.x.com',
  'api.twitter.com',
  'upload.x.com',
  'upload.twitter.com',
  'x.com',
  'twitter.com',
];

export type Certificate = { key: string; cert: string };

/** A certificate for X's hosts, made for one test; nobody else trusts it. */
export async function certificate(): Promise<Certificate> {
  const made = await generate([{ name: 'commonName', value: 'parley test' }], {
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...X_HOSTS.map((value) => ({ type: 2 as const, value })),
          { type: 7 as const, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { key: made.private, cert: made.cert };
}

/** TLS in front of a plain server: X's clients speak nothing else. @returns the port. */
export async function httpsFront(t: Pick<TestContext, 'after'>, { key, cert }: Certificate, port: number) {
  const front = createServer({ key, cert }, (socket) => {
    const behind = connectTcp(port, '127.0.0.1');
    socket.pipe(behind).pipe(socket);
    const end = () => {
      socket.destroy();
      behind.destroy();
    };
    for (const one of [socket, behind]) one.on('error', end).on('close', end);
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise((resolve) => front.close(resolve)));
  return (front.address() as { port: number }).port;
}

/** Whatever host a client names, it meets the local port. */
export function agentTo(port: number, { cert }: Certificate): Agent {
  const agent = new Agent({ keepAlive: false });
  agent.createConnection = ({ servername, host }) =>
    connectTls({ host: '127.0.0.1', port, servername: servername ?? host ?? undefined, ca: cert });
  return agent;
}
