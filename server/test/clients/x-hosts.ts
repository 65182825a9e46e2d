import { writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import { connect } from 'node:tls';
import { serve } from '../../src/wiring/serve.ts';
import { makeCertificate } from '../certificate.ts';
import { testWorld, type World } from '../world.ts';

/** The hosts that X's clients speak to. */
const X_HOSTS = [
  'api.x.com',
  'api.twitter.com',
  'upload.x.com',
  'upload.twitter.com',
  'x.com',
  'twitter.com',
];

export type Served = { world: World; port: number; cert: string; certFile: string };

/** A certificate for X's hosts, which nobody else trusts, and its key: as files in a folder, and the first as text. */
export async function certificateOfX(
  folder: string,
): Promise<{ certFile: string; keyFile: string; cert: string }> {
  const { certificate: cert, key } = await makeCertificate('parley test', X_HOSTS);
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
  return { certFile, keyFile, cert };
}

/**
 * A whole Parley that speaks HTTPS as X's hosts would, for X's clients speak nothing else.
 * @param start Unix ms at which the world's clock stands; signatures carry the client's own time.
 */
export async function serveAsX(t: Pick<TestContext, 'after'>, start?: number): Promise<Served> {
  const world = await testWorld(t as TestContext, start);
  const { cert, certFile, keyFile } = await certificateOfX(join(world.dir, '..'));
  world.config = { ...world.config, tls: { certFile, keyFile } };
  const running = await serve(world);
  t.after(() => running.close());
  return { world, port: Number(new URL(running.address).port), cert, certFile };
}

/** Whatever host a client names, it meets the local port. */
export function agentTo({ port, cert }: Served): Agent {
  const agent = new Agent({ keepAlive: false });
  agent.createConnection = ({ servername, host }) =>
    connect({ host: '127.0.0.1', port, servername: servername ?? host ?? undefined, ca: cert });
  return agent;
}

/** `fetch` over such connections: for clients that take no agent. Redirects are given back, not followed. */
export function fetchTo(served: Served): typeof fetch {
  const agent = agentTo(served);
  return async (input, init) => {
    const asked = new Request(input, init);
    const body = Buffer.from(await asked.arrayBuffer());
    const { method, signal } = asked;
    const headers = Object.fromEntries(asked.headers);
    const reply = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = httpsRequest(asked.url, { agent, method, headers, signal }, resolve);
      sent.on('error', reject).end(body);
    });
    const status = reply.statusCode ?? 0;
    const isEmpty = status === 204 || status === 304;
    const pairs = Object.entries(reply.headersDistinct).flatMap(([name, values = []]) =>
      values.map((value): [string, string] => [name, value]),
    );
    return new Response(isEmpty ? null : (Readable.toWeb(reply) as ReadableStream), {
      status,
      headers: pairs,
    });
  };
}
