import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { before, describe, test } from 'node:test';
import { Problem, type ProblemCode, problems } from '#kernel';
import { type Api, apiWorld, untilSuiteEnds } from './api.ts';

/** What only a real socket shows: bytes that are no request, and the longest ones that are. */
describe('on the wire', () => {
  let api: Api;
  let port: number;
  const until = untilSuiteEnds();

  before(async () => {
    api = await apiWorld(until);
    await api.server.listen({ host: '127.0.0.1', port: 0 });
    port = (api.server.server.address() as AddressInfo).port;
  });

  /** Sends bytes and reads until the server hangs up. */
  async function raw(bytes: string): Promise<{ status: number; head: string; body: string }> {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    // The server may hang up before it has read all.
    socket.on('error', () => {});
    socket.write(bytes);
    await once(socket, 'close');
    const [head = '', body = ''] = text.split('\r\n\r\n');
    return { status: Number(head.split(' ')[1]), head, body };
  }

  test('what is no request is answered from the catalogue, and the connection ends', async () => {
    const cases: [string, ProblemCode][] = [
      ['BREW /2/tweets/1 HTTP/1.1\r\nhost: x\r\n\r\n', 'request-unreadable'],
      ['\x16\x03\x01\x02\x00\x01\x00', 'request-unreadable'],
      ['GET /2/tweets/1 HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n', 'request-unreadable'],
      [`GET /2/tweets/1 HTTP/1.1\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`, 'head-too-large'],
      ['GET /docs HTTP/1.1\r\nconnection: close\r\n\r\n', 'request-unreadable'],
    ];
    for (const [bytes, code] of cases) {
      const { status, head, body } = await raw(bytes);
      assert.equal(status, problems[code].status, bytes.slice(0, 40));
      assert.match(head, /^content-type: application\/json; charset=utf-8$/m);
      assert.match(head, /^x-request-id: \S+$/m);
      assert.equal(JSON.parse(body).detail, problems[code].detail);
    }
  });

  test('a path that cannot be decoded is told as one', async () => {
    const { status, body } = await raw('GET /%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    assert.deepEqual([status, JSON.parse(body).detail], [400, 'The path is not percent-encoded UTF-8.']);
  });

  test('an expectation that is not 100-continue is ignored, and the request meets its route', async () => {
    const bytes = 'GET /healthz HTTP/1.1\r\nhost: x\r\nexpect: tea\r\nconnection: close\r\n\r\n';
    const { status, head, body } = await raw(bytes);
    assert.deepEqual([status, body], [404, JSON.stringify(new Problem('not-found').body())]);
    assert.match(head, /^x-request-id: \S+$/m);
  });

  test('the longest query that a plan allows arrives in any script', async () => {
    const app = await api.app({ plan: 'enterprise-50m' });
    for (const character of ['a', '大', '😀']) {
      const query = encodeURIComponent(`"${character.repeat(4_094)}"`);
      const reply = await fetch(`http://127.0.0.1:${port}/2/tweets/search/recent?query=${query}`, {
        headers: { authorization: `Bearer ${app.bearerToken}` },
      });
      assert.equal(reply.status, 200, `${character}: ${await reply.text()}`);
    }
    assert.deepEqual(api.mistakes, []);
  });
});
