import assert from 'node:assert/strict';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import sharp from 'sharp';
import { BODY_SILENT_MS } from '#kernel';
import { apiWorld, person } from './api.ts';

const PART = '--b\r\ncontent-disposition: form-data; name="media"; filename="x.png"\r\n\r\n';
const END = '\r\n--b--\r\n';
/** The file is whole, and more fields are to come. */
const NEXT = '\r\n--b\r\n';

test('uploads that fall silent anywhere lose their places after 10 seconds; slow but steady ones go on', {
  timeout: 1_200_000,
}, async (t) => {
  const api = await apiWorld(t);
  const app = await api.app();
  await api.apply(person('101'));
  const anna = api.person(app, '101');
  const picture = await sharp({ create: { width: 40, height: 20, channels: 3, background: '#336699' } })
    .png()
    .toBuffer();
  const sockets = new Map<number | undefined, { bytesRead: number }>();
  api.server.server.on('connection', (socket) => sockets.set(socket.remotePort, socket));
  await api.server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = api.server.server.address() as AddressInfo;

  /** An upload on a bare socket, which waits until the server has read all that was sent so far. */
  async function uploading(...begin: (string | Buffer)[]) {
    const socket = connect(port, '127.0.0.1');
    t.after(() => socket.destroy());
    let sent = 0;
    const write = async (piece: string | Buffer) => {
      socket.write(piece);
      sent += Buffer.byteLength(piece);
      while ((sockets.get(socket.localPort)?.bytesRead ?? 0) < sent) await turn();
      // What was read is parsed and handed on.
      for (let turns = 0; turns < 10; turns += 1) await turn();
    };
    const answer = text(socket);
    await new Promise((resolve) => socket.once('connect', resolve));
    await write(
      `POST /2/media/upload HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${anna.bearerToken}\r\nconnection: close\r\n` +
        'content-type: multipart/form-data; boundary=b\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    const send = async (piece: string | Buffer) => {
      const length = Buffer.byteLength(piece).toString(16);
      await write(Buffer.concat([Buffer.from(`${length}\r\n`), Buffer.from(piece), Buffer.from('\r\n')]));
    };
    for (const piece of begin) await send(piece);
    return { send, answer, end: () => write('0\r\n\r\n') };
  }

  t.mock.timers.enable({ apis: ['setTimeout'] });
  // A part has a place from its first bytes on.
  const begun = Buffer.concat([Buffer.from(PART), picture.subarray(0, 10)]);
  const steady = await uploading(begun);
  const silent = [await uploading(), await uploading('--b\r\n'), await uploading(PART, picture, NEXT)];
  while (silent.length < 9) silent.push(await uploading(begun));
  assert.match(
    await (await uploading(begun)).answer,
    /^HTTP\/1.1 503 /,
    'all of a person’s places are taken',
  );
  t.mock.timers.tick(BODY_SILENT_MS - 1);
  await steady.send(picture.subarray(10, 20));
  t.mock.timers.tick(1);
  for (const { answer } of silent)
    assert.match(await answer, /^HTTP\/1.1 408 [\s\S]*Nothing of the body came for 10 seconds/);
  assert.deepEqual(api.mistakes, []);
  t.mock.timers.tick(BODY_SILENT_MS - 2);
  await steady.send(picture.subarray(20));
  const other = await uploading(PART, picture, END);
  await other.end();
  await steady.send(END);
  await steady.end();
  for (const { answer } of [other, steady]) assert.match(await answer, /^HTTP\/1.1 200 /);
  assert.deepEqual(api.mistakes, []);
});
