import { createHash, createPublicKey, verify } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { makeId } from '#kernel';

/**
 * A platform's backend as docs/guides/writing.md asks for it, written from that page and from RFC 9421 alone; and every
 * way in which such a backend, or what stands before it, goes wrong. It does each command once, by its id.
 */
export type Behaviour =
  | 'answers'
  | 'refuses'
  /** Does it, and the answer is lost. */
  | 'does it and cuts'
  | 'does it and says nothing'
  | 'does it and fails'
  | 'does it and drips'
  | 'does it and answers with too much'
  | 'does it and answers no JSON'
  | 'does it and names another command'
  | 'does it and names no post'
  | 'does it and names somebody else’s post'
  | 'does it and answers twice'
  /** Does nothing. */
  | 'cuts'
  | 'fails'
  | 'redirects'
  | 'is a gateway that forbids'
  | 'is overloaded';

export type FakeBackend = {
  url: string;
  /** What it does with the next requests, in order; then it answers. */
  next: Behaviour[];
  /** Commands that were done, each once. */
  done: Map<string, { actor: string; act: { kind: string; text?: string }; app?: string; at: string }>;
  /** How many requests came. */
  requests: number;
  /** What was wrong with requests: signature, digest, keys. Stays empty. */
  wrong: string[];
  /** PEM of the key that requests are signed with. */
  publicKey?: string;
};

const MS = Date.parse('2026-11-21T10:00:00.000Z');

export async function fakeBackend(t: Pick<TestContext, 'after'>, elsePostId = '1'): Promise<FakeBackend> {
  const sockets = new Set<Socket>();
  const made = new Map<string, string>();
  const server = http.createServer((request, reply) => {
    void answer(request, reply);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const backend: FakeBackend = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/commands?v=1`,
    next: [],
    done: new Map(),
    requests: 0,
    wrong: [],
  };

  async function answer(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    backend.requests += 1;
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const bytes = Buffer.concat(parts);
    const why = whatIsWrong(request, bytes, backend.publicKey);
    if (why) backend.wrong.push(why);
    const command = JSON.parse(bytes.toString());
    const behaviour = backend.next.shift() ?? 'answers';
    const does = behaviour === 'answers' || behaviour.startsWith('does it');
    if (does && !backend.done.has(command.id)) {
      backend.done.set(command.id, command);
      made.set(command.id, makeId(MS, backend.done.size));
    }
    const id = made.get(command.id);
    const good = { command: command.id, post: { id }, list: { id } };
    const json = (status: number, body: unknown) =>
      reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    switch (behaviour) {
      case 'answers':
        return void json(200, good);
      case 'refuses':
        return void json(403, { command: command.id, reason: 'shadow-banned', detail: 'Not\u0007 today.' });
      case 'cuts':
      case 'does it and cuts':
        return void request.socket.destroy();
      case 'does it and says nothing':
        return;
      case 'fails':
      case 'does it and fails':
        return void json(500, { command: command.id, reason: 'x' });
      case 'does it and drips':
        reply.writeHead(200, { 'content-type': 'application/json' });
        reply.write('{"command":"');
        return;
      case 'does it and answers with too much':
        return void json(200, { ...good, more: 'x'.repeat(2 << 20) });
      case 'does it and answers no JSON':
        return void reply.writeHead(200).end('<html>ok</html>');
      case 'does it and names another command':
        return void json(200, { ...good, command: 'another' });
      case 'does it and names no post':
        return void json(200, { command: command.id });
      case 'does it and names somebody else’s post':
        return void json(200, { command: command.id, post: { id: elsePostId }, list: { id: elsePostId } });
      case 'does it and answers twice': {
        const body = JSON.stringify(good);
        const whole = `HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
        return void request.socket.end(whole + whole.replaceAll(command.id, 'another'));
      }
      case 'redirects':
        return void reply.writeHead(307, { location: 'http://127.0.0.1:1/' }).end();
      case 'is a gateway that forbids':
        return void json(403, { error: 'forbidden' });
      case 'is overloaded':
        return void json(429, { command: command.id, reason: 'slow-down' });
    }
  }
  return backend;
}

/** RFC 9421, sections 2.5 and 3.2, and RFC 9530 for the digest. */
function whatIsWrong(
  { method, url, headers }: IncomingMessage,
  bytes: Buffer,
  key?: string,
): string | undefined {
  const digest = `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`;
  if (headers['content-digest'] !== digest) return `content-digest is ${headers['content-digest']}`;
  const id = JSON.parse(bytes.toString()).id;
  if (headers['idempotency-key'] !== `"${id}"`) return `idempotency-key is ${headers['idempotency-key']}`;
  const input = String(headers['signature-input']);
  const [, params = '', covered = ''] = /^parley=(\(([^)]*)\);.*)$/.exec(input) ?? [];
  const lines = covered.split(' ').map((quoted) => {
    const name = quoted.slice(1, -1);
    const value =
      name === '@method' ? method : name === '@target-uri' ? `http://${headers.host}${url}` : headers[name];
    return `${quoted}: ${value}`;
  });
  for (const name of [
    '"@method"',
    '"@target-uri"',
    '"content-digest"',
    '"content-type"',
    '"idempotency-key"',
  ])
    if (!covered.split(' ').includes(name)) return `${name} is not covered`;
  const base = [...lines, `"@signature-params": ${params}`].join('\n');
  const signature = Buffer.from(/^parley=:(.*):$/.exec(String(headers.signature))?.[1] ?? '', 'base64');
  if (!key) return undefined;
  return verify(null, Buffer.from(base), createPublicKey(key), signature)
    ? undefined
    : 'the signature does not fit';
}
