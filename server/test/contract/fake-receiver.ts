import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Json } from './api.ts';

/** What a receiver does with a delivery (and, where it says so, with a challenge). */
export type Manner =
  | 'well'
  | 'fails'
  | 'never answers'
  | 'cuts'
  | 'takes it and resets'
  | 'redirects'
  | 'answers without end'
  | 'is gone';
/** What it does with a challenge. */
export type ChallengeManner =
  | 'well'
  | 'wrong token'
  | 'hex'
  | 'no JSON'
  | 'not found'
  | 'redirects'
  | 'answers without end'
  | 'cuts';

export type Delivered = { path: string; headers: IncomingHttpHeaders; text: string; json: Json };

/** A receiver of webhooks on a real socket, which can misbehave in every way that a receiver of strangers does. */
export async function openReceiver(t: Pick<TestContext, 'after'>, secret = '') {
  const state = { secret, manner: 'well' as Manner, challenge: 'well' as ChallengeManner };
  const delivered: Delivered[] = [];
  const challenges: URL[] = [];
  const held = new Set<ServerResponse>();
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://receiver.test');
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    if (request.method === 'GET') {
      challenges.push(url);
      return answerChallenge(url, response);
    }
    const text = Buffer.concat(parts).toString();
    delivered.push({ path: url.pathname, headers: request.headers, text, json: JSON.parse(text) });
    return answerDelivery(response);
  });

  function answerChallenge(url: URL, response: ServerResponse): void {
    const hmac = createHmac('sha256', state.secret).update(url.searchParams.get('crc_token') ?? '');
    const token = hmac.digest();
    switch (state.challenge) {
      case 'well':
        return void response.end(JSON.stringify({ response_token: `sha256=${token.toString('base64')}` }));
      case 'wrong token':
        return void response.end(
          JSON.stringify({ response_token: `sha256=${Buffer.alloc(32).toString('base64')}` }),
        );
      case 'hex':
        return void response.end(JSON.stringify({ response_token: `sha256=${token.toString('hex')}` }));
      case 'no JSON':
        return void response.end(`sha256=${token.toString('base64')}`);
      case 'not found':
        return void response
          .writeHead(404)
          .end(JSON.stringify({ response_token: `sha256=${token.toString('base64')}` }));
      case 'redirects':
        return void response.writeHead(302, { location: '/inside' }).end();
      case 'answers without end':
        return void endless(response);
      case 'cuts':
        response.socket?.destroy();
    }
  }

  function answerDelivery(response: ServerResponse): void {
    switch (state.manner) {
      case 'well':
        return void response.end('ok');
      case 'fails':
        return void response.writeHead(500).end();
      case 'never answers':
        held.add(response);
        return;
      case 'cuts':
        response.socket?.destroy();
        return;
      case 'takes it and resets':
        response.writeHead(200, { 'content-length': '100' }).write('ok');
        setImmediate(() => response.socket?.resetAndDestroy());
        return;
      case 'redirects':
        return void response.writeHead(307, { location: '/inside' }).end();
      case 'answers without end':
        return void endless(response);
      case 'is gone':
        response.writeHead(410).end();
    }
  }

  function endless(response: ServerResponse): void {
    response.on('error', () => undefined);
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(4_096)));
    };
    response.on('drain', more);
    more();
  }

  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  t.after(close);
  const { port } = server.address() as AddressInfo;
  return {
    state,
    delivered,
    challenges,
    url: `http://127.0.0.1:${port}/hook`,
    port,
    /** Those that were kept waiting are cut. */
    letGo(): void {
      for (const response of held) response.socket?.destroy();
      held.clear();
    },
    close,
  };
}

export type Receiver = Awaited<ReturnType<typeof openReceiver>>;
